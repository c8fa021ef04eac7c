using NsCollector.Host.Check;
using NsCollector.Sample;

namespace NsCollector.Tests.Host.Check;

public sealed class NetworkCheckTests
{
    private static readonly CapabilitySet Root = new(0x1ffffffffff);
    private static readonly CapabilitySet None = new(0);
    private static readonly NetworkAccess All = new(0, 0, false);
    private static readonly NetworkAccess NoSetns = new(-1, 0, false);

    [Fact]
    public void Findings_with_all_privileges_are_ok() =>
        Assert.All(NetworkCheck.Findings(Root, All, new SampleOptions()), finding => Assert.Equal(Severity.Ok, finding.Severity));

    [Fact]
    public void Findings_without_root_name_two_missing_capabilities()
    {
        Finding[] findings = [.. NetworkCheck.Findings(None, NoSetns, new SampleOptions())];
        Assert.Equal(
            ["CAP_SYS_ADMIN is missing", "CAP_SYS_PTRACE is missing"],
            findings.Where(finding => finding.Severity == Severity.Warn).Select(finding => finding.Text.Split(':')[0]));
        Assert.DoesNotContain(findings, finding => finding.Severity == Severity.Fail);
    }

    [Theory]
    [InlineData(true, NetworkMode.Auto, "CAP_NET_BROADCAST: the kernel reports the bytes sent of interfaces that are removed in other network namespaces")]
    [InlineData(false, NetworkMode.Auto, "CAP_NET_BROADCAST is missing: bytes sent of removed interfaces are those of the last sample; see docs/operations.md")]
    [InlineData(false, NetworkMode.Proc, null)]
    public void Net_broadcast_is_reported_if_namespaces_are_entered(bool hasIt, object mode, string? expected)
    {
        var capabilities = new CapabilitySet(Root.Bits & ~(hasIt ? 0 : 1UL << CapabilitySet.NetBroadcast));
        Finding[] findings = [.. NetworkCheck.Findings(capabilities, All, new SampleOptions { Network = (NetworkMode)mode })];
        Assert.Equal(expected, findings.SingleOrDefault(finding => finding.Text.StartsWith("CAP_NET_BROADCAST", StringComparison.Ordinal))?.Text);
        Assert.All(findings, finding => Assert.Equal(Severity.Ok, finding.Severity));
    }

    [Fact]
    public void Mode_visit_without_permission_fails() =>
        Assert.Contains(NetworkCheck.Findings(None, NoSetns, new SampleOptions { Network = NetworkMode.Visit }), finding => finding.Severity == Severity.Fail);

    [Fact]
    public void No_way_to_network_counters_fails() =>
        Assert.Contains(NetworkCheck.Findings(None, new NetworkAccess(-1, -13, false), new SampleOptions()), finding => finding.Severity == Severity.Fail);

    [Fact]
    public void Mode_off_needs_no_way_to_network_counters() =>
        Assert.Equal(Severity.Ok, Assert.Single(NetworkCheck.Findings(None, new NetworkAccess(-1, -13, false), new SampleOptions { Network = NetworkMode.Off })).Severity);

    [Fact]
    public void Setns_refused_by_system_call_filter_is_named() =>
        Assert.Contains(NetworkCheck.Findings(Root, NoSetns, new SampleOptions()),
            finding => finding.Severity == Severity.Warn && finding.Text.Contains("RestrictNamespaces=net", StringComparison.Ordinal));

    [Theory]
    [InlineData("         0          0 4294967295\n", true)]
    [InlineData("         0       1000          1\n", false)]
    [InlineData("0 0 1\n1 100000 65536\n", false)]
    [InlineData(null, true)]
    public void IsInitialUserNamespace_is_true_if_all_ids_map_to_themselves(string? map, bool initial) =>
        Assert.Equal(initial, NetworkAccess.IsInitialUserNamespace(map));

    [Fact]
    public void Effective_parses_the_text_of_the_kernel()
    {
        CapabilitySet set = CapabilitySet.Effective("Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000200000\nCapBnd:\t000001ffffffffff\n")!.Value;
        Assert.True(set.Has(CapabilitySet.SysAdmin));
        Assert.False(set.Has(CapabilitySet.SysPtrace));
        Assert.Null(CapabilitySet.Effective("Name:\tx\n"));
        Assert.Null(CapabilitySet.Effective("CapEff:\tzz\n"));
    }
}
