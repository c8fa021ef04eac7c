using NsCollector.Discover;
using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;

namespace NsCollector.Tests.Host.Check;

public sealed class WatchCheckTests
{
    private static readonly InotifyLimits Ample = new(65536, 16384, 128);
    private static readonly WatchAccess All = new(0, 0, new WatchScheduling(true, 0, 0));

    [Fact]
    public void Findings_with_all_privileges_are_ok() =>
        Assert.All(WatchCheck.Findings(All, Ample, new DiscoverOptions()), finding => Assert.Equal(Severity.Ok, finding.Severity));

    [Fact]
    public void Kernel_without_pidfd_open_warns_and_skips_exit_codes()
    {
        Finding[] findings = Of(All with { PidfdOpen = -Errno.ENOSYS, ExitStatus = -Errno.ENOSYS });
        Assert.Contains("ENOSYS", Assert.Single(findings, finding => finding.Severity == Severity.Warn).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(findings, finding => finding.Text.StartsWith("exit codes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Errno.ESRCH)]
    [InlineData(Errno.EINVAL)]
    [InlineData(Errno.EAGAIN)]
    public void Kernel_without_exit_status_warns(int error) =>
        Assert.Contains("exit code and signal of containers are missing", Assert.Single(Of(All with { ExitStatus = -error }), finding => finding.Severity == Severity.Warn).Text, StringComparison.Ordinal);

    [Fact]
    public void Real_time_refused_warns_with_remedy()
    {
        Finding finding = Assert.Single(Of(All with { Scheduling = new WatchScheduling(false, -5, -Errno.EPERM) }), finding => finding.Severity == Severity.Warn);
        Assert.Contains("refused (EPERM), nice -5 instead", finding.Text, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_NICE, or set LimitRTPRIO=1", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Real_time_turned_off_is_ok()
    {
        WatchAccess access = All with { Scheduling = new WatchScheduling(false, -20, 0) };
        Assert.All(WatchCheck.Findings(access, Ample, new DiscoverOptions { RealTime = false }), finding => Assert.Equal(Severity.Ok, finding.Severity));
    }

    [Fact]
    public void Low_inotify_limits_warn_with_number()
    {
        Finding[] findings = [.. WatchCheck.Findings(All, new InotifyLimits(100, 64, null), new DiscoverOptions()).Where(finding => finding.Severity == Severity.Warn)];
        Assert.Equal(3, findings.Length);
        Assert.StartsWith("inotify max_user_watches: 100 is low", findings[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("inotify max_queued_events: 64 is low", findings[1].Text, StringComparison.Ordinal);
        Assert.Equal("inotify max_user_instances: unknown", findings[2].Text);
    }

    [Fact]
    public void Read_returns_limits_of_the_kernel()
    {
        InotifyLimits limits = InotifyLimits.Read(new HostRoots());
        Assert.Equal(File.ReadAllText("/proc/sys/fs/inotify/max_user_watches").Trim(), limits.MaxUserWatches?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotNull(limits.MaxQueuedEvents);
        Assert.NotNull(limits.MaxUserInstances);
    }

    private static Finding[] Of(WatchAccess access) => [.. WatchCheck.Findings(access, Ample, new DiscoverOptions())];
}
