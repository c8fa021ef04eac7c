using System.IO.Compression;
using System.Text;
using NsCollector.Linux;
using NsCollector.Sample.Netfilter;

namespace NsCollector.Tests.Sample.Netfilter;

/// <summary>Property: the kernel is asked only for parts that it has, so that it loads no module.</summary>
public sealed class NetfilterPartsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nsc-netfilter").FullName;
    private readonly HostRoots _roots;

    public NetfilterPartsTests()
    {
        _roots = new HostRoots(Proc: _root + "/proc", Sys: _root + "/sys");
        Directory.CreateDirectory(_root + "/proc/sys/kernel");
        Directory.CreateDirectory(_root + "/proc/1/net");
        Directory.CreateDirectory(_root + "/sys/module");
        File.WriteAllText(_root + "/proc/sys/kernel/osrelease", "0.0.1-no-such-kernel\n");
        File.WriteAllText(_root + "/proc/modules", "ext4 1 1 - Live 0x0\n");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Kernel_with_none_has_none() => Assert.True(NetfilterParts.Find(_roots).IsNone);

    [Fact]
    public void Loaded_modules_are_found_also_later()
    {
        NetfilterParts before = NetfilterParts.Find(_roots);
        Directory.CreateDirectory(_root + "/sys/module/nf_tables");
        Assert.Equal(new NetfilterParts(true, false, false), NetfilterParts.Find(_roots));
        Directory.CreateDirectory(_root + "/sys/module/nfnetlink_acct");
        Assert.Equal(new NetfilterParts(true, true, false), before.AddLoaded(_roots));
    }

    [Theory]
    [InlineData("ip_tables_names")]
    [InlineData("ip6_tables_names")]
    public void Legacy_tables_are_there_if_procfs_lists_them(string file)
    {
        File.WriteAllText($"{_root}/proc/1/net/{file}", "");
        Assert.Equal(new NetfilterParts(false, false, true), NetfilterParts.Find(_roots));
    }

    [Fact]
    public void Configuration_of_kernel_says_what_is_built_in()
    {
        using (var file = new GZipStream(File.Create(_root + "/proc/config.gz"), CompressionMode.Compress)) file.Write(Encoding.ASCII.GetBytes("CONFIG_NF_TABLES=y\nCONFIG_NETFILTER_NETLINK_ACCT=m\n"));
        NetfilterParts found = NetfilterParts.Find(_roots);
        Assert.Equal(new NetfilterParts(true, false, false), found);
        Assert.Equal(found, found.AddLoaded(_roots));
    }

    [Fact]
    public void Kernel_without_modules_may_be_asked()
    {
        File.Delete(_root + "/proc/modules");
        Assert.Equal(new NetfilterParts(true, true, false), NetfilterParts.Find(_roots));
    }
}
