using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Netfilter;

namespace NsCollector.Tests.Host.Check;

public sealed class NetfilterCheckTests : IDisposable
{
    private static readonly CapabilitySet None = default, NetAdmin = new(1UL << CapabilitySet.NetAdmin);

    private readonly string _root = Directory.CreateTempSubdirectory("nsc-netfilter").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Mode_off_says_nothing() => Assert.Empty(Findings(NetfilterMode.Off, None));

    [Fact]
    public void Missing_capability_is_named_with_what_to_do()
    {
        Finding finding = Assert.Single(Findings(NetfilterMode.Host, None));
        Assert.Equal(Severity.Warn, finding.Severity);
        Assert.Contains("CAP_NET_ADMIN", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_are_read_are_named()
    {
        Assert.Contains("nothing to read", Assert.Single(Findings(NetfilterMode.Host, NetAdmin)).Text, StringComparison.Ordinal);
        Directory.CreateDirectory(_root + "/module/nf_tables");
        Finding finding = Assert.Single(Findings(NetfilterMode.On, NetAdmin));
        Assert.Equal((Severity.Ok, "netfilter: counters are read from nf_tables"), (finding.Severity, finding.Text));
    }

    [Fact]
    public void Containers_need_a_visit()
    {
        Directory.CreateDirectory(_root + "/module/nf_tables");
        Assert.Single(Findings(NetfilterMode.Host, NetAdmin, canVisit: false));
        Assert.Contains(Findings(NetfilterMode.On, NetAdmin, canVisit: false), finding => finding.Severity == Severity.Warn && finding.Text.Contains("container_netfilter", StringComparison.Ordinal));
        Assert.Contains(Findings(NetfilterMode.On, NetAdmin, mode: NetworkMode.Proc), finding => finding.Severity == Severity.Warn);
    }

    private Finding[] Findings(NetfilterMode netfilter, CapabilitySet capabilities, bool canVisit = true, NetworkMode mode = NetworkMode.Auto) =>
        [.. NetfilterCheck.Findings(capabilities, new HostRoots(Proc: _root, Sys: _root), new SampleOptions { Network = mode, Netfilter = new NetfilterOptions { Mode = netfilter } }, canVisit)];
}
