using NsCollector.Linux;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Tests.Linux.Cgroup;

public sealed class CgroupMountsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nsc-mounts-").FullName;

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public void Parse_v2_host_has_only_the_unified_hierarchy()
    {
        CgroupMounts mounts = CgroupMounts.Parse(
            "24 30 0:22 / /proc rw,nosuid shared:12 - proc proc rw\n"
            + "35 25 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n");

        CgroupHierarchy only = Assert.Single(mounts.Hierarchies);
        Assert.Equal("/sys/fs/cgroup", only.MountPoint);
        Assert.True(only.IsV2);
        Assert.Empty(only.Controllers);
        Assert.Same(only, mounts.Unified);
        Assert.Same(only, mounts.For("memory"));
    }

    [Fact]
    public void Parse_hybrid_host_has_v1_controllers_and_unified_for_the_rest()
    {
        CgroupMounts mounts = CgroupMounts.Parse(
            "26 25 0:23 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n"
            + "27 26 0:24 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate\n"
            + "28 26 0:25 / /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,xattr,name=systemd\n"
            + "31 26 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:15 - cgroup cgroup rw,cpu,cpuacct\n"
            + "32 26 0:29 / /sys/fs/cgroup/net_cls,net_prio rw shared:16 - cgroup cgroup rw,net_cls,net_prio\n"
            + "33 26 0:30 / /sys/fs/cgroup/cpuset rw shared:17 - cgroup cgroup rw,cpuset,noprefix,clone_children,release_agent=/a,b\n");

        Assert.Equal(5, mounts.Hierarchies.Length);
        Assert.Equal("/sys/fs/cgroup/unified", mounts.Unified!.MountPoint);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", mounts.For("cpu")!.MountPoint);
        Assert.Same(mounts.For("cpu"), mounts.For("cpuacct"));
        Assert.Equal(["cpu", "cpuacct"], mounts.For("cpu")!.Controllers.ToArray());
        Assert.Equal("/sys/fs/cgroup/systemd", mounts.For("name=systemd")!.MountPoint);
        Assert.Contains("cpuset", mounts.For("cpuset")!.Controllers);
        Assert.DoesNotContain("noprefix", mounts.For("cpuset")!.Controllers);
        Assert.Same(mounts.Unified, mounts.For("hugetlb"));
    }

    [Fact]
    public void Parse_v1_host_without_controller_returns_null()
    {
        CgroupMounts mounts = CgroupMounts.Parse("35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");

        Assert.Null(mounts.Unified);
        Assert.NotNull(mounts.For("memory"));
        Assert.Null(mounts.For("cpu"));
    }

    [Fact]
    public void Parse_octal_escapes_are_decoded()
    {
        CgroupMounts mounts = CgroupMounts.Parse(@"35 25 0:30 / /a\040b\011c\012d\134e\1zz rw - cgroup2 cgroup2 rw" + "\n");

        Assert.Equal("/a b\tc\nd\\e\\1zz", mounts.Unified!.MountPoint);
    }

    [Fact]
    public void Parse_mount_below_a_later_mount_is_hidden()
    {
        const string hidden =
            "26 25 0:23 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
            + "27 26 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            + "28 25 0:25 / /sys/fs/cgroupfs rw - cgroup cgroup rw,pids\n"
            + "40 26 0:40 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n";
        Assert.Equal(["/sys/fs/cgroupfs"], CgroupMounts.Parse(hidden).Hierarchies.Select(hierarchy => hierarchy.MountPoint));

        // What is mounted on the later mount is visible.
        CgroupMounts mounts = CgroupMounts.Parse(hidden + "41 40 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
        Assert.Equal("/sys/fs/cgroup/memory", mounts.For("memory")?.MountPoint);
    }

    [Fact]
    public void Parse_damaged_mount_ids_in_a_circle_end()
    {
        CgroupMounts mounts = CgroupMounts.Parse("1 2 0:24 / /a/b rw - cgroup2 cgroup2 rw\n2 1 0:23 / /c rw - tmpfs tmpfs rw\n3 3 0:23 / /a rw - tmpfs tmpfs rw\n");
        Assert.Empty(mounts.Hierarchies);
    }

    [Theory]
    [InlineData("/docker/abc", "/", "/second")]
    [InlineData("/", "/docker/abc", "/first")]
    [InlineData("/", "/", "/first")]
    [InlineData("/", "/../..", "/second")]
    public void Parse_several_mounts_prefers_widest_then_first(string firstRoot, string secondRoot, string expected)
    {
        CgroupMounts mounts = CgroupMounts.Parse(
            $"35 25 0:30 {firstRoot} /first rw - cgroup2 cgroup2 rw\n36 25 0:30 {secondRoot} /second rw - cgroup2 cgroup2 rw\n");

        CgroupHierarchy only = Assert.Single(mounts.Hierarchies);
        Assert.Equal(expected, only.MountPoint);
        Assert.Equal("/", only.Root);
    }

    [Fact]
    public void Parse_later_mount_at_same_point_hides_earlier()
    {
        CgroupMounts mounts = CgroupMounts.Parse(
            "35 25 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n36 25 0:31 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n");

        Assert.Empty(mounts.Hierarchies);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("35 25 0:30 / /x rw - cgroup2")]
    [InlineData("35 25 0:30 / /x rw cgroup2 cgroup2 rw x")]
    [InlineData("- - - - - - - - - -")]
    public void Parse_malformed_text_has_no_hierarchies(string text) => Assert.Empty(CgroupMounts.Parse(text).Hierarchies);

    [Fact]
    public void DirectoryOf_sub_tree_mount_has_only_what_is_below()
    {
        CgroupHierarchy hierarchy = Assert.Single(
            CgroupMounts.Parse("35 25 0:30 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n").Hierarchies);

        Assert.Equal("/sys/fs/cgroup", hierarchy.DirectoryOf("/docker/abc"));
        Assert.Equal("/sys/fs/cgroup/x", hierarchy.DirectoryOf("/docker/abc/x"));
        Assert.Null(hierarchy.DirectoryOf("/docker/abcd"));
        Assert.Null(hierarchy.DirectoryOf("/docker"));
        Assert.Null(hierarchy.DirectoryOf("docker/abc"));
        Assert.Equal("/docker/abc/x", hierarchy.CgroupPathOf("/sys/fs/cgroup/x"));
        Assert.Equal("/docker/abc", hierarchy.CgroupPathOf("/sys/fs/cgroup"));
        Assert.Null(hierarchy.CgroupPathOf("/sys/fs/cgroups/x"));
    }

    [Fact]
    public void Find_directory_with_cgroup_controllers_is_unified()
    {
        File.WriteAllText(_directory + "/cgroup.controllers", "cpu memory\n");

        CgroupMounts mounts = CgroupMounts.Find(new HostRoots(Cgroup: _directory + "/"));

        Assert.Equal(_directory, Assert.Single(mounts.Hierarchies).MountPoint);
        Assert.Equal(_directory + "/docker/a", mounts.Unified!.DirectoryOf("/docker/a"));
    }

    [Fact]
    public void Find_v1_directories_by_name_and_links_once()
    {
        foreach (string name in (string[])["cpu,cpuacct", "memory", "unified", "systemd", "unrelated", "net_cls,net_prio"])
            Directory.CreateDirectory(_directory + "/" + name);
        File.CreateSymbolicLink(_directory + "/cpu", "cpu,cpuacct");
        File.CreateSymbolicLink(_directory + "/cpuacct", "cpu,cpuacct");
        File.WriteAllText(_directory + "/unified/cgroup.controllers", "");
        File.WriteAllText(_directory + "/systemd/cgroup.procs", "");

        CgroupMounts mounts = CgroupMounts.Find(new HostRoots(Cgroup: _directory));

        Assert.Equal(
            ["cpu,cpuacct", "memory", "net_cls,net_prio", "systemd", "unified"],
            mounts.Hierarchies.Select(h => Path.GetFileName(h.MountPoint)));
        Assert.Equal(["name=systemd"], mounts.Hierarchies[3].Controllers.ToArray());
        Assert.Equal(_directory + "/unified", mounts.Unified!.MountPoint);
    }

    [Fact]
    public void Find_missing_directory_has_no_hierarchies() =>
        Assert.Empty(CgroupMounts.Find(new HostRoots(Cgroup: _directory + "/none")).Hierarchies);
}
