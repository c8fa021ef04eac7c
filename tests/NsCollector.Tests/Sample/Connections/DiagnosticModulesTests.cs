using System.IO.Compression;
using System.Text;
using NsCollector.Linux;
using NsCollector.Sample.Connections;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Tests.Sample.Connections;

/// <summary>Property: the kernel is asked only if that cannot make it load a module.</summary>
public sealed class DiagnosticModulesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nsc-modules").FullName;
    private readonly HostRoots _roots;

    public DiagnosticModulesTests()
    {
        _roots = new HostRoots(Proc: _root + "/proc", Sys: _root + "/sys");
        Directory.CreateDirectory(_root + "/proc/sys/kernel");
        Directory.CreateDirectory(_root + "/sys/module");
        File.WriteAllText(_root + "/proc/sys/kernel/osrelease", "0.0.1-no-such-kernel\n");
        File.WriteAllText(_root + "/proc/modules", "ext4 1 1 - Live 0x0\n");
        File.WriteAllText(_root + "/proc/sys/kernel/modules_disabled", "0\n");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Module_that_is_neither_loaded_nor_built_in_is_missing() => AssertHas(false, false);

    [Fact]
    public void Loaded_module_is_found()
    {
        Directory.CreateDirectory(_root + "/sys/module/tcp_diag");
        AssertHas(true, false);
        Directory.CreateDirectory(_root + "/sys/module/udp_diag");
        AssertHas(true, true);
    }

    [Fact]
    public void Kernel_without_modules_is_asked()
    {
        File.Delete(_root + "/proc/modules");
        AssertHas(true, false, dumps => (dumps & SocketDumps.Udp) == 0);
        AssertHas(false, false, _ => false);
    }

    /// <summary>At a request, the kernel would start modprobe all the same.</summary>
    [Fact]
    public void Kernel_that_loads_no_more_modules_is_not_asked()
    {
        File.WriteAllText(_root + "/proc/sys/kernel/modules_disabled", "1\n");
        AssertHas(false, false);
    }

    [Fact]
    public void Directory_that_is_not_procfs_says_nothing()
    {
        Directory.Delete(_root + "/proc", recursive: true);
        AssertHas(false, false);
    }

    [Theory]
    [InlineData("CONFIG_INET_TCP_DIAG=y\nCONFIG_INET_UDP_DIAG=m\n", true, false)]
    [InlineData("CONFIG_INET_TCP_DIAG=m\nCONFIG_INET_UDP_DIAG=y\n", false, true)]
    [InlineData("# CONFIG_INET_TCP_DIAG is not set\n", false, false)]
    public void Configuration_of_kernel_says_what_is_built_in(string text, bool tcp, bool udp)
    {
        using (var file = new GZipStream(File.Create(_root + "/proc/config.gz"), CompressionMode.Compress)) file.Write(Encoding.ASCII.GetBytes(text));
        AssertHas(tcp, udp);
    }

    [Fact]
    public void Malformed_configuration_is_no_failure()
    {
        File.WriteAllText(_root + "/proc/config.gz", "not gzip");
        AssertHas(false, false);
    }

    private void AssertHas(bool tcp, bool udp, Func<SocketDumps, bool>? ask = null)
    {
        ask ??= _ => throw new InvalidOperationException("The kernel was asked.");
        Assert.Equal((tcp, udp), (DiagnosticModules.HasTcp(_roots, ask), DiagnosticModules.HasUdp(_roots, ask)));
    }
}
