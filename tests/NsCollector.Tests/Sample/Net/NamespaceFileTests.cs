using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Net;

namespace NsCollector.Tests.Sample.Net;

public sealed class NamespaceFileTests
{
    private static readonly string[] ProtocolPaths = ["net/snmp", "net/netstat", "net/sockstat", "net/snmp6", "net/sockstat6"];

    [Fact]
    public void For_all_options_fits_a_visit_request()
    {
        NamespaceFile[] files = NamespaceFile.For(new SampleOptions { Protocols = true, Conntrack = true });
        Assert.InRange(files.Length, ProtocolPaths.Length + 1, NativeShim.MaxVisitFiles - 1);
        Assert.Equal(files.Length, files.Select(file => file.Path).Distinct().Count());
        Assert.All(files, file => Assert.True(
            file.Path.StartsWith("net/", StringComparison.Ordinal) || file.Path.StartsWith("/proc/sys/net/", StringComparison.Ordinal), file.Path));
    }

    [Fact]
    public void For_disabled_option_leaves_its_files_out()
    {
        Assert.Empty(NamespaceFile.For(new SampleOptions { Protocols = false, Conntrack = false }));
        Assert.Equal(ProtocolPaths, NamespaceFile.For(new SampleOptions { Protocols = true, Conntrack = false }).Select(file => file.Path));
    }
}
