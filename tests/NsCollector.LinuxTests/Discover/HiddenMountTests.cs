using NsCollector.Linux.Cgroup;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Cgroup hierarchies that a later mount hides, as the kernel lists them in a mount namespace of its own.</summary>
public sealed class HiddenMountTests
{
    [Fact]
    public void Hierarchies_below_a_later_tmpfs_are_not_used()
    {
        Assert.NotEmpty(MountsAfter("true").Hierarchies);
        Assert.Empty(MountsAfter("mount -t tmpfs x /sys/fs/cgroup").Hierarchies);
    }

    [Fact]
    public void Hierarchies_below_a_bind_mount_over_a_parent_are_not_used()
    {
        Assert.NotEmpty(MountsAfter("true").Hierarchies);
        Assert.Empty(MountsAfter("mount --bind /sys /sys").Hierarchies);
    }

    [Fact]
    public void Hierarchy_mounted_on_the_later_tmpfs_is_used()
    {
        CgroupMounts mounts = MountsAfter("mount -t tmpfs x /sys/fs/cgroup; mkdir /sys/fs/cgroup/own; mount -t cgroup2 x /sys/fs/cgroup/own");
        Assert.Equal("/sys/fs/cgroup/own", Assert.Single(mounts.Hierarchies).MountPoint);
    }

    [Fact]
    public void Hierarchies_are_used_again_after_the_later_mount_is_gone()
    {
        string[] before = [.. MountsAfter("true").Hierarchies.Select(hierarchy => hierarchy.MountPoint)];
        Assert.NotEmpty(before);
        Assert.Equal(before, MountsAfter("mount -t tmpfs x /sys/fs; umount /sys/fs").Hierarchies.Select(hierarchy => hierarchy.MountPoint));
    }

    private static CgroupMounts MountsAfter(string script) =>
        CgroupMounts.Parse(Command.Run("unshare", "--mount", "sh", "-c", $"set -e; {script}; cat /proc/self/mountinfo"));
}
