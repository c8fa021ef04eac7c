using System.Diagnostics;
using System.Globalization;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Discover;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample.Filesystem;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Filesystem;

/// <summary>The disks of processes with roots of their own, beside what du(1) and btrfs(8) say.</summary>
[Collection(NamespaceTests.Name)]
public sealed class DiskThreadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _log = new();
    private readonly List<IDisposable> _parts = [];
    private DiskThread? _thread;

    public void Dispose()
    {
        _thread?.Dispose();
        for (int i = _parts.Count - 1; i >= 0; i--) _parts[i].Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Upper_directory_and_volumes_have_what_du_and_statfs_say()
    {
        // The kernel writes a comma of a path as an escape.
        string layers = _directory["a b,c=d"], option = layers.Replace(",", "\\,", StringComparison.Ordinal);
        string upper = layers + "/diff", volume = _directory["volume"], merged = _directory["merged"];
        DiskContainer container = Start(merged, $"""
            mkdir -p '{upper}' '{layers}/work' {_directory["lower"]} {merged} {volume}
            mount -t overlay -o 'lowerdir={_directory["lower"]},upperdir={option}/diff,workdir={option}/work' overlay {merged}
            mkdir -p {merged}/data {merged}/ram {merged}/etc
            touch {merged}/etc/hosts {_directory["hosts"]}
            mount --bind {volume} {merged}/data
            mount --bind {_directory["hosts"]} {merged}/etc/hosts
            mount -t tmpfs -o size=1m,nr_inodes=100 ram {merged}/ram
            dd if=/dev/zero of={merged}/ram/file bs=1k count=100 status=none
            """);
        Fill(upper);
        Fill(volume);

        DiskFigures[] figures = Read(container, found => found.Length == 3 && found.All(one => one.UsedAtNs > 0));
        Assert.Equal(["/", "/data", "/ram"], figures.Select(one => Encoding.UTF8.GetString(one.Point)));
        Assert.Equal(Du(upper), Used(figures[0]));
        Assert.Equal(Du(volume), Used(figures[1]));
        Assert.Equal(["walk", upper, Command.Run("findmnt", "-n", "-o", "SOURCE", "-T", upper).Trim()], Texts(figures[0]));
        Assert.Equal(Command.Run("findmnt", "-n", "-o", "FSTYPE", "-T", upper).Trim(), Encoding.ASCII.GetString(figures[0].MoreKeys[0]));

        // The tmpfs is in the container's mounts only.
        Assert.Equal((100 * 1024L, 2L), Used(figures[2]));
        Assert.Equal((1L << 20, 100L), (figures[2].Readings[Reading.DiskLimitBytes], figures[2].Readings[Reading.DiskLimitInodes]));
        Assert.Equal("statfs", Texts(figures[2])[0]);
        Assert.Equal(0, Libc.Statvfs(Encoding.UTF8.GetBytes(_directory.Path + "\0"), out FileSystemSpace space));
        Assert.Equal((long)space.SizeBytes, figures[0].Readings[Reading.DiskFilesystemSizeBytes]);
        Assert.False(figures[0].Readings.Has(Reading.DiskLimitBytes));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
        Assert.True(_counters[AgentCounter.FilesystemWalkCpuNs] > 0);
    }

    [Fact]
    public void Directory_as_root_is_walked_on_the_host()
    {
        string root = Directory.CreateDirectory(_directory["rootfs"]).FullName;
        Fill(root);
        DiskContainer container = Start(root, $"mount --bind {root} {root}; mkdir -p {root}/proc; mount -t proc proc {root}/proc");
        DiskFigures[] figures = Read(container, found => found.Length == 1 && found[0].UsedAtNs > 0);
        Assert.Equal(Du(root), Used(figures[0]));
        Assert.Equal(root, Texts(figures[0])[1]);
    }

    [Fact]
    public void Process_with_the_root_of_the_host_has_no_disk()
    {
        DiskContainer container = Start("/", "mount -t tmpfs none /mnt");
        DiskThread thread = Thread();
        for (int i = 0; i < 3; i++)
        {
            thread.Begin([container.Disk]);
            Eventually.True(() => thread.IsIdle, "the reading");
        }

        Assert.Empty(container.Disk.TakeNew() ?? []);
    }

    [RequiresFact("mkfs.btrfs", "btrfs")]
    public void Btrfs_subvolume_has_the_figures_of_its_qgroup()
    {
        ImageFilesystem disk = Add(ImageFilesystem.Btrfs());
        string root = $"{disk.Path}/container";
        Command.Run("btrfs", "subvolume", "create", root);
        Command.Run("btrfs", "qgroup", "limit", "100M", root);
        Fill(root);
        Command.Run("btrfs", "filesystem", "sync", disk.Path);
        DiskContainer container = Start(root, $"mount --bind {root} {root}");
        DiskFigures figures = Read(container, found => found.Length == 1).Single();
        string id = Command.Run("btrfs", "inspect-internal", "rootid", root).Trim();
        string[] qgroup = Command.Run("btrfs", "qgroup", "show", "--raw", "-r", disk.Path).Split('\n').Single(line => line.StartsWith($"0/{id} ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(long.Parse(qgroup[1], CultureInfo.InvariantCulture), figures.Readings[Reading.DiskUsedBytes]);
        Assert.Equal(100L << 20, figures.Readings[Reading.DiskLimitBytes]);
        Assert.Equal(["btrfs_qgroup", root, disk.Device], Texts(figures));
        Assert.False(figures.Readings.Has(Reading.DiskUsedInodes));
    }

    [RequiresFact("mkfs.btrfs", "btrfs")]
    public void Btrfs_directory_without_qgroup_is_walked()
    {
        ImageFilesystem disk = Add(ImageFilesystem.Btrfs());
        string root = Directory.CreateDirectory($"{disk.Path}/container").FullName;
        Fill(root);
        Command.Run("btrfs", "filesystem", "sync", disk.Path);
        DiskContainer container = Start(root, $"mount --bind {root} {root}");
        DiskFigures figures = Read(container, found => found.Length == 1 && found[0].UsedAtNs > 0).Single();
        Assert.Equal(Du(root), Used(figures));
        Assert.Equal("walk", Texts(figures)[0]);
    }

    [Fact]
    public void File_system_of_its_own_has_what_statfs_says()
    {
        ImageFilesystem disk = Add(new ImageFilesystem(64, "loop", "mkfs.ext4", "-q"));
        DiskContainer container = Start(disk.Path, $"mkdir -p {disk.Path}/proc");
        Assert.Equal(0, Libc.Statvfs(Encoding.UTF8.GetBytes(disk.Path + "\0"), out FileSystemSpace space));
        DiskFigures figures = Read(container, found => found.Length == 1).Single();
        Assert.Equal(((long)(space.SizeBytes - space.FreeBytes), (long)(space.Inodes - space.FreeInodes)), Used(figures));
        Assert.Equal((long)space.SizeBytes, figures.Readings[Reading.DiskLimitBytes]);
        Assert.Equal(["statfs", "", disk.Device], Texts(figures));
    }

    [Fact]
    public void Overlay_inside_a_container_is_found_through_that_container()
    {
        // /store is a directory of the host in the outer container only; the host has another one at the same path.
        string store = Directory.CreateDirectory(_directory["store"]).FullName, outerRoot = Directory.CreateDirectory(_directory["outer"]).FullName;
        Directory.CreateDirectory("/nsc-store/diff");
        try
        {
            Directory.CreateDirectory(outerRoot + "/nsc-store");
            DiskContainer outer = Start(outerRoot, $"mount --bind {outerRoot} {outerRoot}; mount --bind {store} {outerRoot}/nsc-store", "/outer");
            DiskContainer inner = Start(_directory["merged"], $"""
                mkdir -p {store}/diff {store}/work {_directory["lower"]} {_directory["merged"]}
                mount --bind {store} /nsc-store
                mount -t overlay -o lowerdir={_directory["lower"]},upperdir=/nsc-store/diff,workdir=/nsc-store/work overlay {_directory["merged"]}
                """, "/outer/inner");
            Fill(store + "/diff");
            DiskThread thread = Thread();
            DiskFigures[] found = [];
            Eventually.True(() =>
            {
                thread.Begin([outer.Disk, inner.Disk]);
                if (inner.Disk.TakeNew() is { Length: > 0 } figures) found = figures;
                return found is [{ UsedAtNs: > 0 }];
            }, "the inner disk", patience: TimeSpan.FromSeconds(20));
            Assert.Equal(Du(store + "/diff"), Used(found[0]));
        }
        finally
        {
            Directory.Delete("/nsc-store", true);
        }
    }

    [FuseFact]
    public void Volume_that_never_answers_is_left_out_and_delays_no_other()
    {
        // A file system in user space whose server, the container's process, never answers a request.
        string root = Directory.CreateDirectory(_directory["rootfs"]).FullName, other = Directory.CreateDirectory(_directory["other"]).FullName;
        DiskContainer container = Start(root, $"""
            mount --bind {root} {root}; mkdir -p {root}/fuse/below {root}/ram; exec 9<>/dev/fuse
            mount -t tmpfs -o size=1m ram {root}/ram
            mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0,allow_other hang {root}/fuse
            """);
        DiskContainer second = Start(other, $"mount --bind {other} {other}");

        // Longer than a slice of a walk takes, and than a thread of the lowest priority waits for a processor.
        _thread = new DiskThread(Options, "/proc", _counters, new RateLimitedLog(_log), hangNs: 5_000_000_000);
        DiskFigures[] found = [], others = [];
        Eventually.True(() =>
        {
            _thread.Begin([container.Disk, second.Disk]);
            if (container.Disk.TakeNew() is { Length: > 0 } figures) found = figures;
            if (second.Disk.TakeNew() is { Length: > 0 } more) others = more;
            return found is [{ UsedAtNs: > 0 }, _] && others is [{ UsedAtNs: > 0 }];
        }, "all other figures", () => string.Concat(_log.Messages), TimeSpan.FromSeconds(40));
        Assert.Equal(["/", "/ram"], found.Select(one => Encoding.UTF8.GetString(one.Point)));
        Assert.Equal(1, _counters[AgentCounter.FilesystemsHung]);
        Assert.Equal(1, _log.Count("The file system at /fuse in a container has not answered"));
    }

    [Fact]
    public void Defect_leaves_no_descriptor_open()
    {
        string root = Directory.CreateDirectory(_directory["rootfs"]).FullName;
        DiskContainer container = Start(root, $"mount --bind {root} {root}");
        DiskThread thread = Thread();
        const int Defects = 20;
        int before = HostDescriptors();
        for (int i = 1; i <= Defects; i++)
        {
            // The first one opens the host's mounts; the second one is a defect.
            thread.Begin([new ContainerDisk(container.Disk.Container), null!]);
            Eventually.True(() => _counters[AgentCounter.ReadErrors] == i && thread.IsIdle, "the defect");
        }

        Assert.InRange(HostDescriptors() - before, int.MinValue, Defects / 2);
    }

    [Fact]
    public void Walks_use_the_share_of_a_core_that_they_may()
    {
        string root = Directory.CreateDirectory(_directory["rootfs"]).FullName;
        Command.Run("sh", "-c", $"cd {root}; for d in $(seq 100); do mkdir $d; (cd $d; seq 200 | xargs touch); done");
        DiskContainer container = Start(root, $"mount --bind {root} {root}");
        var clock = Stopwatch.StartNew();
        DiskFigures figures = Read(container, found => found.Length == 1 && found[0].UsedAtNs > 0).Single();
        double share = _counters[AgentCounter.FilesystemWalkCpuNs] / clock.Elapsed.TotalNanoseconds;
        Assert.Equal(20_101, figures.Readings[Reading.DiskUsedInodes]);

        // The last slice may end before its pause.
        Assert.InRange(share, 0, 0.015);
    }

    private DiskContainer Start(string root, string mounts, string cgroup = "/x") => Add(new DiskContainer(root, mounts, cgroup));

    private DiskThread Thread() =>
        _thread ??= new DiskThread(Options, "/proc", _counters, new RateLimitedLog(_log));

    private static FilesystemOptions Options => new() { Containers = true, Interval = TimeSpan.FromSeconds(1) };

    private T Add<T>(T part)
        where T : IDisposable
    {
        _parts.Add(part);
        return part;
    }

    private DiskFigures[] Read(DiskContainer container, Func<DiskFigures[], bool> isComplete)
    {
        DiskThread thread = Thread();
        DiskFigures[] found = [];
        Eventually.True(() =>
        {
            thread.Begin([container.Disk]);
            if (container.Disk.TakeNew() is { Length: > 0 } figures) found = figures;
            return isComplete(found);
        }, "the figures", () => string.Join("; ", found.Select(one => Encoding.UTF8.GetString(one.Point) + " " + string.Join(' ', Texts(one)))) + string.Concat(_log.Messages) + $" {_counters[AgentCounter.FilesystemWalks]} walks, {_counters[AgentCounter.FilesystemWalkCpuNs]} ns", TimeSpan.FromSeconds(20));
        return found;
    }

    /// <summary>Files, a sparse one, links of both kinds, and names that need an escape.</summary>
    private static void Fill(string directory) => Command.Run("sh", "-c", """
        cd "$1"
        mkdir -p a/b/c 'with space' empty
        dd if=/dev/urandom of=a/file bs=1k count=300 status=none
        dd if=/dev/urandom of=a/b/c/file bs=1k count=33 status=none
        ln -f a/file a/b/linked; ln -f a/file 'with space/linked'
        ln -sf / a/root; ln -sf ../a 'with space/up'
        truncate -s 1G sparse
        mkfifo fifo; mknod whiteout c 0 0
        for i in $(seq 300); do echo $i > a/b/$i; done
        sync -f .
        """, "sh", directory);

    private static (long Bytes, long Inodes) Du(string directory) => (
        long.Parse(Command.Run("du", "-sx", "--block-size=1", directory).Split('\t')[0], CultureInfo.InvariantCulture),
        long.Parse(Command.Run("du", "-sx", "--inodes", directory).Split('\t')[0], CultureInfo.InvariantCulture));

    private static (long Bytes, long Inodes) Used(DiskFigures figures) => (figures.Readings[Reading.DiskUsedBytes], figures.Readings[Reading.DiskUsedInodes]);

    // Other tests of this process may have some open, too.
    private static int HostDescriptors() =>
        Directory.EnumerateFiles("/proc/self/fd").Count(file => new FileInfo(file).LinkTarget?.EndsWith("/mountinfo", StringComparison.Ordinal) == true);

    private static string[] Texts(DiskFigures figures) => [.. figures.Texts.Select(Encoding.UTF8.GetString)];
}
