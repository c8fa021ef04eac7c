using NsCollector.Linux.Cgroup;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Cgroup hierarchies that a later mount hides, as the kernel lists them in a mount namespace of its own.</summary>
public sealed class HiddenMountTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

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

    /// <summary>mount --move leaves the order of the lines, so the mount that carries the hierarchy comes after it.</summary>
    [Fact]
    public void Hierarchy_moved_onto_a_later_mount_is_used()
    {
        CgroupMounts mounts = MountsAfter(
            $"mount -t tmpfs x {_directory.Path}; cd {_directory.Path}; mkdir own later; mount -t cgroup2 x own; mount -t tmpfs x later; mkdir later/own; mount --move own later/own; mount -t tmpfs x /sys/fs/cgroup");
        Assert.Equal(_directory["later/own"], Assert.Single(mounts.Hierarchies).MountPoint);
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
