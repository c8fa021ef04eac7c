using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Qdiscs;

namespace NsCollector.Tests.Host.Check;

public sealed class NetlinkChecksTests : IDisposable
{
    private static readonly SampleOptions WithConntrack = new() { Conntrack = true }, WithQdiscs = new() { Qdiscs = new QdiscOptions { Enabled = true } };

    private readonly string _root = Directory.CreateTempSubdirectory("nsc-netlink").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Conntrack_statistics_of_a_file_need_nothing_else() => Assert.Equal(Severity.Ok, Assert.Single(Conntrack(WithConntrack, 0, isFile: true)).Severity);

    [Fact]
    public void Conntrack_statistics_by_netlink_need_module_and_capability()
    {
        Finding finding = Assert.Single(Conntrack(WithConntrack, 1UL << CapabilitySet.NetAdmin, isFile: false));
        Assert.Equal(Severity.Warn, finding.Severity);
        Assert.Contains("modprobe nf_conntrack_netlink", finding.Text, StringComparison.Ordinal);

        Directory.CreateDirectory(_root + "/module/nf_conntrack_netlink");
        finding = Assert.Single(Conntrack(WithConntrack, 1UL << CapabilitySet.SysAdmin, isFile: false));
        Assert.Equal(Severity.Warn, finding.Severity);
        Assert.Contains("CAP_NET_ADMIN", finding.Text, StringComparison.Ordinal);
        Assert.Equal(Severity.Ok, Assert.Single(Conntrack(WithConntrack, 1UL << CapabilitySet.NetAdmin, isFile: false)).Severity);
    }

    [Fact]
    public void Conntrack_that_is_not_reported_is_not_checked()
    {
        Assert.Empty(Conntrack(new SampleOptions(), 0, isFile: false));
        Assert.Empty(Conntrack(WithConntrack with { Network = NetworkMode.Proc }, 0, isFile: false));
    }

    [Fact]
    public void Queueing_disciplines_need_a_visit_and_a_kernel_that_has_them()
    {
        Assert.Empty(QdiscCheck.Findings(new SampleOptions(), canVisit: true));
        Assert.Equal(Severity.Warn, Assert.Single(QdiscCheck.Findings(WithQdiscs, canVisit: false)).Severity);
        Assert.Equal(Severity.Ok, Assert.Single(QdiscCheck.Findings(WithQdiscs, canVisit: true, static () => 0)).Severity);
        Finding finding = Assert.Single(QdiscCheck.Findings(WithQdiscs, canVisit: true, static () => -95));
        Assert.Equal(Severity.Warn, finding.Severity);
        Assert.Contains("EOPNOTSUPP", finding.Text, StringComparison.Ordinal);
    }

    private Finding[] Conntrack(SampleOptions options, ulong capabilities, bool isFile) =>
        [.. ConntrackCheck.Findings(new HostRoots(Proc: _root, Sys: _root), options, new CapabilitySet(capabilities), canVisit: true, isFile)];
}
