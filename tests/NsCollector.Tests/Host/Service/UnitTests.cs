using NsCollector.Host.Service;
using NsCollector.Linux.Interop;

namespace NsCollector.Tests.Host.Service;

public sealed class UnitTests
{
    [Fact]
    public void UnitFile_joins_lines_skips_comments_and_resets_lists()
    {
        UnitFile unit = Unit("[Unit]\nUser=other\n[Service]\n# User=x\nUser = first\nReadWritePaths=/a \\\n# between\n  /b\nSupplementaryGroups=one\n");
        unit.Add("[Service]\nUser=second\nSupplementaryGroups=\nSupplementaryGroups=two\n[Install]\nUser=third\n");
        Assert.Equal("second", unit.Last("User"));
        Assert.Equal(["/a", "/b"], UnitWords.Split(unit.Last("ReadWritePaths")!));
        Assert.Equal("two", Assert.Single(unit.All("SupplementaryGroups")));
        Assert.Null(unit.Last("Group"));
    }

    [Fact]
    public void UnitWords_splits_as_systemd()
    {
        Assert.Equal(["A=b c", "D='e'", "", "50%"], UnitWords.Split("\"A=b c\" D=\\'e\\' '' 50%%"));
        Assert.Empty(UnitWords.Split("  "));
    }

    [Theory]
    [InlineData("CapabilityBoundingSet=CAP_SYS_ADMIN\nCapabilityBoundingSet=cap_dac_read_search", "CAP_DAC_READ_SEARCH CAP_SYS_ADMIN")]
    [InlineData("CapabilityBoundingSet=CAP_SYS_ADMIN CAP_KILL\nCapabilityBoundingSet=~CAP_KILL", "CAP_SYS_ADMIN")]
    [InlineData("CapabilityBoundingSet=", "none")]
    [InlineData("CapabilityBoundingSet=~", "all")]
    [InlineData("CapabilityBoundingSet=CAP_KILL\nCapabilityBoundingSet=~", "all")]
    [InlineData("CapabilityBoundingSet=CAP_KILL\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_CHOWN", "CAP_CHOWN")]
    [InlineData("CapabilityBoundingSet=\nCapabilityBoundingSet=~CAP_KILL", "none")]
    [InlineData("CapabilityBoundingSet=~\nCapabilityBoundingSet=CAP_KILL", "all")]
    [InlineData("CapabilityBoundingSet=CAP_KILL CAP_CHOWN\nCapabilityBoundingSet=~CAP_KILL CAP_BPF\nCapabilityBoundingSet=CAP_BPF", "CAP_CHOWN CAP_BPF")]
    [InlineData("", "all")]
    public void CapabilityNames_parses_the_sets_of_a_unit(string lines, string names) =>
        Assert.Equal(names, CapabilityNames.Of(CapabilityNames.Parse(Unit("[Service]\n" + lines), "CapabilityBoundingSet", CapabilityNames.All)));

    [Theory]
    [InlineData("", "none")]
    [InlineData("AmbientCapabilities=CAP_KILL\nAmbientCapabilities=CAP_CHOWN", "CAP_CHOWN CAP_KILL")]
    [InlineData("AmbientCapabilities=CAP_KILL CAP_CHOWN\nAmbientCapabilities=~CAP_KILL", "CAP_CHOWN")]
    [InlineData("AmbientCapabilities=CAP_KILL\nAmbientCapabilities=~", "all")]
    public void CapabilityNames_parses_ambient_sets(string lines, string names) =>
        Assert.Equal(names, CapabilityNames.Of(CapabilityNames.Parse(Unit("[Service]\n" + lines), "AmbientCapabilities", default)));

    [Theory]
    [InlineData("LimitNOFILE=4096", Libc.RLIMIT_NOFILE, 4096UL, 4096UL)]
    [InlineData("LimitNOFILE=1K:infinity", Libc.RLIMIT_NOFILE, 1024UL, ulong.MaxValue)]
    [InlineData("", Libc.RLIMIT_NOFILE, 1024UL, 524_288UL)]
    [InlineData("LimitNICE=-15", 13, 35UL, 35UL)]
    [InlineData("LimitNICE=5", 13, 5UL, 5UL)]
    [InlineData("LimitRTPRIO=1", 14, 1UL, 1UL)]
    public void ServiceLimit_parses_limits_and_has_those_of_systemd(string line, int resource, ulong soft, ulong hard)
    {
        ServiceLimit limit = Assert.Single(ServiceLimit.Of(Unit("[Service]\n" + line)), limit => limit.Resource == resource);
        Assert.Equal((soft, hard), (limit.Soft, limit.Hard));
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/srv", true)]
    [InlineData("/srv/metrics", false)]
    [InlineData("/srv/metrics/disk", false)]
    [InlineData("/srv/metrics-old", true)]
    [InlineData("/proc", false)]
    [InlineData("/sys/fs/cgroup/unified", true)]
    public void ServiceDirectories_of_strict_unit_are_read_only_except_writable(string point, bool isReadOnly) =>
        Assert.Equal(isReadOnly, ServiceDirectories.Of(Unit("[Service]\nProtectSystem=strict\nReadWritePaths=/srv/metrics\nProtectControlGroups=yes\n")).IsReadOnly(point));

    [Theory]
    [InlineData("", false)]
    [InlineData("ProtectControlGroups=yes", true)]
    [InlineData("ProtectControlGroups=yes\nProtectControlGroups=no", false)]
    public void ServiceDirectories_with_protected_tunables_keep_cgroups_writable(string line, bool isReadOnly)
    {
        ServiceDirectories directories = ServiceDirectories.Of(Unit("[Service]\nProtectSystem=strict\nProtectKernelTunables=yes\n" + line));
        Assert.Equal(isReadOnly, directories.IsReadOnly("/sys/fs/cgroup"));
        Assert.True(directories.IsReadOnly("/sys"));
        Assert.True(directories.IsReadOnly("/sys/kernel/debug"));
    }

    private static UnitFile Unit(string text)
    {
        UnitFile unit = new();
        unit.Add(text);
        return unit;
    }
}
