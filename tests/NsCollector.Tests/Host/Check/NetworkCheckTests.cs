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
    public void With_everything_nothing_is_warned_of() =>
        Assert.All(NetworkCheck.Findings(Root, All, new SampleOptions()), finding => Assert.Equal(Severity.Ok, finding.Severity));

    [Fact]
    public void Without_root_exactly_the_two_missing_capabilities_are_named_and_all_else_goes_on()
    {
        Finding[] findings = [.. NetworkCheck.Findings(None, NoSetns, new SampleOptions())];
        Assert.Equal(
            ["CAP_SYS_ADMIN is missing", "CAP_SYS_PTRACE is missing"],
            findings.Where(finding => finding.Severity == Severity.Warn).Select(finding => finding.Text.Split(':')[0]));
        Assert.DoesNotContain(findings, finding => finding.Severity == Severity.Fail);
    }

    [Fact]
    public void A_mode_that_is_not_permitted_fails() =>
        Assert.Contains(NetworkCheck.Findings(None, NoSetns, new SampleOptions { Network = NetworkMode.Visit }), finding => finding.Severity == Severity.Fail);

    [Fact]
    public void No_way_at_all_fails() =>
        Assert.Contains(NetworkCheck.Findings(None, new NetworkAccess(-1, -13, false), new SampleOptions()), finding => finding.Severity == Severity.Fail);

    [Fact]
    public void No_way_at_all_is_right_where_none_is_wanted() =>
        Assert.Equal(Severity.Ok, Assert.Single(NetworkCheck.Findings(None, new NetworkAccess(-1, -13, false), new SampleOptions { Network = NetworkMode.Off })).Severity);

    [Fact]
    public void A_filter_that_refuses_setns_in_spite_of_the_capability_is_named() =>
        Assert.Contains(NetworkCheck.Findings(Root, NoSetns, new SampleOptions()),
            finding => finding.Severity == Severity.Warn && finding.Text.Contains("RestrictNamespaces=net", StringComparison.Ordinal));

    [Theory]
    [InlineData("         0          0 4294967295\n", true)]
    [InlineData("         0       1000          1\n", false)]
    [InlineData("0 0 1\n1 100000 65536\n", false)]
    [InlineData(null, true)]
    public void The_hosts_own_user_namespace_maps_every_id_to_itself(string? map, bool initial) =>
        Assert.Equal(initial, NetworkAccess.IsInitialUserNamespace(map));

    [Fact]
    public void The_effective_capabilities_are_taken_from_the_kernels_text()
    {
        CapabilitySet set = CapabilitySet.Effective("Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000200000\nCapBnd:\t000001ffffffffff\n")!.Value;
        Assert.True(set.Has(CapabilitySet.SysAdmin));
        Assert.False(set.Has(CapabilitySet.SysPtrace));
        Assert.Null(CapabilitySet.Effective("Name:\tx\n"));
        Assert.Null(CapabilitySet.Effective("CapEff:\tzz\n"));
    }
}
