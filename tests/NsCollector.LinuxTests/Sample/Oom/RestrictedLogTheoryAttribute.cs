namespace NsCollector.LinuxTests.Sample.Oom;

/// <summary>A test that needs kernel.dmesg_restrict: without it, the kernel's log can be read without CAP_SYSLOG.</summary>
internal sealed class RestrictedLogTheoryAttribute : TheoryAttribute
{
    public RestrictedLogTheoryAttribute()
    {
        if (File.ReadAllText("/proc/sys/kernel/dmesg_restrict") == "0\n") Skip = "kernel.dmesg_restrict is 0, so every user may read the kernel's log";
    }
}
