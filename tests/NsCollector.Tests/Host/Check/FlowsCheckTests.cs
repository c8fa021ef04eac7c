using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Flows;

namespace NsCollector.Tests.Host.Check;

public sealed class FlowsCheckTests : IDisposable
{
    private static readonly SampleOptions On = new() { Flows = new FlowOptions { Enabled = true } };

    private readonly string _root = Directory.CreateTempSubdirectory("nsc-flows").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Missing_module_is_named_with_what_to_do()
    {
        Finding finding = Assert.Single(Findings(On));
        Assert.Equal(Severity.Warn, finding.Severity);
        Assert.Contains("modprobe tcp_diag", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_visit_is_named() =>
        Assert.All(
            [Assert.Single(Findings(On with { Network = NetworkMode.Proc })), Assert.Single(Findings(On with { Network = NetworkMode.Off })), Assert.Single(Findings(On, canVisit: false))],
            finding => Assert.Equal((Severity.Warn, true), (finding.Severity, finding.Text.Contains("[network] mode", StringComparison.Ordinal))));

    [Fact]
    public void Nothing_is_said_by_default() => Assert.Empty(Findings(new SampleOptions()));

    private Finding[] Findings(SampleOptions options, bool canVisit = true) => [.. FlowsCheck.Findings(new HostRoots(Proc: _root, Sys: _root), options, canVisit)];
}
