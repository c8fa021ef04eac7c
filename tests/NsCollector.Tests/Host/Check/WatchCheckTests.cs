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
    public void Where_everything_is_granted_nothing_is_warned_of() =>
        Assert.All(WatchCheck.Findings(All, Ample, new DiscoverOptions()), finding => Assert.Equal(Severity.Ok, finding.Severity));

    [Fact]
    public void A_kernel_without_pidfds_loses_the_last_totals_and_is_not_asked_for_exit_codes()
    {
        Finding[] findings = Of(All with { PidfdOpen = -Errno.ENOSYS, ExitStatus = -Errno.ENOSYS });
        Assert.Contains("ENOSYS", Assert.Single(findings, finding => finding.Severity == Severity.Warn).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(findings, finding => finding.Text.StartsWith("exit codes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Errno.ESRCH)]
    [InlineData(Errno.EINVAL)]
    [InlineData(Errno.EAGAIN)]
    public void A_kernel_that_does_not_tell_how_processes_end_is_named(int error) =>
        Assert.Contains("lost are exit code and signal", Assert.Single(Of(All with { ExitStatus = -error }), finding => finding.Severity == Severity.Warn).Text, StringComparison.Ordinal);

    [Fact]
    public void Real_time_that_is_refused_is_warned_of_with_how_to_grant_it()
    {
        Finding finding = Assert.Single(Of(All with { Scheduling = new WatchScheduling(false, -5, -Errno.EPERM) }), finding => finding.Severity == Severity.Warn);
        Assert.Contains("refused (EPERM), nice -5 instead", finding.Text, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_NICE, or LimitRTPRIO=1", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Real_time_that_is_not_asked_for_is_not_warned_of()
    {
        WatchAccess access = All with { Scheduling = new WatchScheduling(false, -20, 0) };
        Assert.All(WatchCheck.Findings(access, Ample, new DiscoverOptions { RealTime = false }), finding => Assert.Equal(Severity.Ok, finding.Severity));
    }

    [Fact]
    public void Each_limit_of_inotify_that_is_small_is_named_with_the_number()
    {
        Finding[] findings = [.. WatchCheck.Findings(All, new InotifyLimits(100, 64, null), new DiscoverOptions()).Where(finding => finding.Severity == Severity.Warn)];
        Assert.Equal(3, findings.Length);
        Assert.StartsWith("inotify max_user_watches: 100 is little", findings[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("inotify max_queued_events: 64 is little", findings[1].Text, StringComparison.Ordinal);
        Assert.Equal("inotify max_user_instances: not known", findings[2].Text);
    }

    [Fact]
    public void The_limits_are_the_kernels()
    {
        InotifyLimits limits = InotifyLimits.Read(new HostRoots());
        Assert.Equal(File.ReadAllText("/proc/sys/fs/inotify/max_user_watches").Trim(), limits.MaxUserWatches?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotNull(limits.MaxQueuedEvents);
        Assert.NotNull(limits.MaxUserInstances);
    }

    private static Finding[] Of(WatchAccess access) => [.. WatchCheck.Findings(access, Ample, new DiscoverOptions())];
}
