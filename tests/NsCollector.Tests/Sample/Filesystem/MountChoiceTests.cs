using System.Text;
using NsCollector.Linux;
using NsCollector.Sample.Filesystem;

namespace NsCollector.Tests.Sample.Filesystem;

/// <summary>Texts of /proc/PID/mountinfo in containers.</summary>
public class MountChoiceTests
{
    private static readonly MountInfo HostRoot = MountInfo.Parse("21 1 254:0 / / rw - ext4 /dev/vda rw")!;

    // Docker 20.10, shortened.
    private const string Docker = """
        600 500 0:50 / / rw,relatime master:9 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/l/B,upperdir=/var/lib/docker/overlay2/abc/diff,workdir=/var/lib/docker/overlay2/abc/work
        601 600 0:52 / /proc rw - proc proc rw
        602 600 0:53 / /dev rw - tmpfs tmpfs rw,size=65536k
        603 602 0:54 / /dev/shm rw - tmpfs shm rw,size=65536k
        604 600 0:56 / /sys ro - sysfs sysfs ro
        605 604 0:57 / /sys/fs/cgroup rw - tmpfs tmpfs rw
        606 600 254:0 /var/lib/docker/volumes/v/_data /data rw master:1 - ext4 /dev/vda rw
        607 600 254:0 /var/lib/docker/containers/abc/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda rw
        608 600 0:60 / /cache rw - tmpfs tmpfs rw,size=1024k
        609 600 0:61 / /nfs rw - nfs4 server:/export rw
        610 609 254:0 /below /nfs/below rw - ext4 /dev/vda rw
        611 600 254:0 /hidden /data rw - ext4 /dev/vda rw
        612 600 0:70 / /var/lib/docker/overlay2/inner/merged rw - overlay overlay rw,upperdir=/x
        613 601 0:71 / /proc/acpi ro - tmpfs tmpfs ro
        """;

    [Fact]
    public void Choose_takes_the_root_and_what_was_mounted_from_outside()
    {
        ContainerMount[] mounts = Choose(Docker, new FilesystemOptions(), out int overLimit);
        Assert.Equal(["/", "/etc/resolv.conf", "/cache", "/nfs", "/nfs/below", "/data"], mounts.Select(mount => Encoding.UTF8.GetString(mount.Point)));
        Assert.Equal("/var/lib/docker/overlay2/abc/diff", mounts[0].Upper);

        // The later mount at /data hides the earlier one.
        Assert.Equal("/hidden", mounts[^1].Info.Root);
        Assert.Equal([true, true, true, true, false, true], mounts.Select(mount => mount.IsReachable));
        Assert.Equal(["/nfs"], mounts.Where(mount => mount.IsRemote).Select(mount => mount.Info.Point));
        Assert.Equal(0, overLimit);
    }

    [Fact]
    public void Choose_leaves_out_what_the_options_say()
    {
        Assert.Equal(["/"], Points(new FilesystemOptions { Volumes = false }));
        Assert.Equal(["/", "/etc/resolv.conf", "/cache"], Points(new FilesystemOptions { MaxVolumes = 2 }, 3));
        Assert.Equal(["/", "/etc/resolv.conf", "/data"], Points(new FilesystemOptions { ExcludeMountPoints = ["/proc/*", "/dev*", "/sys*", "/cache", "/nfs*"] }));

        static string[] Points(FilesystemOptions options, int expectedOver = 0)
        {
            ContainerMount[] mounts = Choose(Docker, options, out int overLimit);
            Assert.Equal(expectedOver, overLimit);
            return [.. mounts.Select(mount => mount.Info.Point)];
        }
    }

    [Theory]
    [InlineData(0, "/ /v2 /v3", 4093)]
    [InlineData(1, "/", 4096)]
    public void Choose_looks_at_the_volumes_of_so_many_mounts_at_most(int more, string points, int expectedOver)
    {
        string text = "1 0 0:50 / / rw - overlay o rw\n" + string.Concat(Enumerable.Range(2, MountChoice.MaxMounts - 1 + more).Select(i => $"{i} 1 0:{i} / /v{i} rw - tmpfs t rw\n"));
        Assert.Equal(points, string.Join(' ', Choose(text, new FilesystemOptions { MaxVolumes = 2 }, out int overLimit).Select(mount => mount.Info.Point)));
        Assert.Equal(expectedOver, overLimit);
    }

    [Fact]
    public void Choose_takes_the_top_of_a_stack_and_mounts_moved_below_later_ones()
    {
        // Each lies on the one before; the last line's parent is a later line, as after mount --move.
        string text = "1 0 0:50 / / rw - overlay o rw\n2 4000 0:2 / /late/moved rw - tmpfs t rw\n"
            + string.Concat(Enumerable.Range(3, 3000).Select(i => $"{i} {(i == 3 ? 1 : i - 1)} 0:{i} / /v rw - tmpfs t rw\n")) + "4000 1 0:7 / /late rw - tmpfs t rw\n";
        Assert.Equal(["/", "/late/moved", "/v", "/late"], Choose(text, new FilesystemOptions(), out _).Select(mount => mount.Info.Point));
    }

    [Theory]
    [InlineData("21 1 254:0 / / rw - ext4 /dev/vda rw\n30 21 0:60 / /data rw - tmpfs t rw", 0)]
    [InlineData("21 1 254:0 /srv/root / rw - ext4 /dev/vda rw\n30 21 0:60 / /data rw - tmpfs t rw", 2)]
    [InlineData("30 21 0:60 / /data rw - tmpfs t rw", 0)]
    [InlineData("", 0)]
    [InlineData("damaged\n1 1 0:1 / / rw", 0)]
    public void Choose_takes_nothing_of_a_container_with_the_root_of_the_host(string text, int count) =>
        Assert.Equal(count, Choose(text, new FilesystemOptions(), out _).Length);

    [Theory]
    [InlineData("/ /data rw - tmpfs t rw", true)]
    [InlineData("/ /data rw - nfs4 server:/export rw", true)]
    [InlineData("/below /data rw - ext4 /dev/vda rw", false)]
    [InlineData("/ /data rw - fuse f rw", false)]
    [InlineData("/ /data rw - fuse.sshfs f rw", false)]
    [InlineData("/ /data rw - 9p f rw", false)]
    [InlineData("/ /data rw - virtiofs f rw", false)]
    public void Space_is_the_mounts_own_unless_another_file_system_may_be_below(string line, bool isOwn) =>
        Assert.Equal(isOwn, new ContainerMount(MountInfo.Parse("30 21 0:60 " + line)!, isReachable: true).HasOwnSpace);

    [Fact]
    public void Upper_directory_may_have_any_name()
    {
        ContainerMount mount = Choose(@"1 0 0:5 / / rw - overlay o rw,lowerdir=/l,upperdir=/a\040b\054c\012\134,workdir=/w", new FilesystemOptions(), out _).Single();
        Assert.Equal("/a b,c\n\\", mount.Upper);
        Assert.Null(Choose("1 0 0:5 / / ro - overlay o ro,lowerdir=/l:/upperdir=/x", new FilesystemOptions(), out _).Single().Upper);
    }

    private static ContainerMount[] Choose(string text, FilesystemOptions options, out int overLimit) =>
        new MountChoice(options).Choose(MountTree.Parse(text), HostRoot, out overLimit);
}
