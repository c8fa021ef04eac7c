using System.Text;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.HostMetrics.Filesystems;

namespace NsCollector.Tests.Sample.HostMetrics;

public sealed class MountSelectionTests
{
    private readonly MountSelection _selection = new("/host/proc/1/root", new HostOptions().ExcludeMountPoints, 3);

    [Fact]
    public void Choose_has_each_file_system_once_and_none_of_a_container()
    {
        HostMount[] mounts = _selection.Choose(
            """
            22 27 0:21 / /proc rw - proc proc rw
            27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            28 27 0:25 / /tmp rw - tmpfs tmpfs rw
            30 27 8:1 /srv /mnt/bind rw - ext4 /dev/sda1 rw
            31 27 8:2 / /var/lib/docker rw - xfs /dev/sda2 rw
            32 31 0:60 / /var/lib/docker/overlay2/0123/merged rw - overlay overlay rw
            33 31 0:61 / /data/docker/containers/0123/mounts/shm rw - tmpfs shm rw
            34 27 0:62 / /somewhere/merged rw - overlay overlay rw
            35 27 0:63 / /misc rw - autofs systemd-1 rw

            """, out int overLimit);
        Assert.Equal(["/ /dev/sda1 ext4", "/tmp tmpfs tmpfs", "/var/lib/docker /dev/sda2 xfs"], mounts.Select(Describe));
        Assert.Equal("/host/proc/1/root/tmp\0", Encoding.UTF8.GetString(mounts[1].Path));
        Assert.Equal(0, overLimit);
    }

    [Fact]
    public void Choose_prefers_the_mount_that_shows_all_and_the_one_on_top()
    {
        HostMount[] mounts = _selection.Choose(
            """
            30 27 8:1 /srv /mnt/part rw - ext4 /dev/sda1 rw
            31 27 8:1 / /mnt/all rw - ext4 /dev/sda1 rw
            32 27 8:2 / /mnt/hidden rw - ext4 /dev/sda2 rw
            33 27 8:3 / /mnt/hidden rw - ext4 /dev/sda3 rw
            34 27 8:4 / /mnt/gone rw - ext4 /dev/sda4 rw
            35 27 0:9 / /mnt/gone rw - proc proc rw

            """, out _);
        Assert.Equal(["/mnt/all /dev/sda1 ext4", "/mnt/hidden /dev/sda3 ext4"], mounts.Select(Describe));
    }

    [Fact]
    public void Choose_puts_those_that_a_server_answers_for_last()
    {
        HostMount[] mounts = _selection.Choose("30 27 0:1 / /nfs rw - nfs4 server:/a rw\n31 27 0:2 / /mnt rw - fuse.sshfs u@h: rw\n32 27 8:1 / / rw - ext4 d rw\n", out _);
        Assert.Equal([("/", false), ("/nfs", true), ("/mnt", true)], mounts.Select(mount => (Encoding.Latin1.GetString(mount.Point), mount.IsRemote)));
    }

    [Fact]
    public void Choose_keeps_hostile_names_whole_and_counts_over_limit()
    {
        HostMount[] mounts = _selection.Choose(
            """
            30 27 0:1 / /mnt/a\040b\012c\134 rw - tmpfs x\011y rw
            31 27 0:2 / /2 rw - tmpfs t rw
            32 27 0:3 / /3 rw - tmpfs t rw
            33 27 0:4 / /4 rw - tmpfs t rw
            torn 27 0:
            """, out int overLimit);
        Assert.Equal("/mnt/a b\nc\\ x\ty tmpfs", Describe(mounts[0]));
        Assert.Equal((3, 1), (mounts.Length, overLimit));
    }

    private static string Describe(HostMount mount) =>
        $"{Encoding.Latin1.GetString(mount.Point)} {Encoding.Latin1.GetString(mount.Source)} {Encoding.Latin1.GetString(mount.Type)}";
}
