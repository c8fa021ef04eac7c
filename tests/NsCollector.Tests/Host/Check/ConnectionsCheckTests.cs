using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Connections;

namespace NsCollector.Tests.Host.Check;

public sealed class ConnectionsCheckTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nsc-connections").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Missing_module_is_named_with_what_to_do()
    {
        Finding finding = Assert.Single(Findings(new SampleOptions()));
        Assert.Equal(Severity.Warn, finding.Severity);
        Assert.Contains("modprobe tcp_diag", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_module_of_udp_is_named_only_if_it_is_needed()
    {
        Directory.CreateDirectory(_root + "/module/tcp_diag");
        Assert.Equal(Severity.Ok, Assert.Single(Findings(new SampleOptions())).Severity);
        Finding[] findings = Findings(new SampleOptions { Connections = new ConnectionOptions { Mode = ConnectionsMode.On } });
        Assert.Contains("modprobe udp_diag", Assert.Single(findings, finding => finding.Severity == Severity.Warn).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_visit_or_with_mode_off_no_module_is_needed()
    {
        Assert.Equal(Severity.Ok, Assert.Single(Findings(new SampleOptions { Network = NetworkMode.Proc })).Severity);
        Assert.Equal(Severity.Ok, Assert.Single(Findings(new SampleOptions(), canVisit: false)).Severity);
        Assert.Empty(Findings(new SampleOptions { Connections = new ConnectionOptions { Mode = ConnectionsMode.Off } }));
    }

    private Finding[] Findings(SampleOptions options, bool canVisit = true) =>
        [.. ConnectionsCheck.Findings(new HostRoots(Proc: _root, Sys: _root), options, canVisit)];
}
