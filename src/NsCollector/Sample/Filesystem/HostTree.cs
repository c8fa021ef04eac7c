using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The host's mounts, to find the path of a directory on the host. They are the mounts of process 1, or those of this process if
/// process 1 is not accessible. For one thread at a time.
/// </summary>
/// <param name="proc">The host's procfs.</param>
internal sealed class HostTree(string proc) : IDisposable
{
    private readonly Dictionary<(uint, uint), List<int>> _byDevice = [];
    private MountInfoFile? _file;
    private MountTree? _mounts;
    private byte[] _rootPath = [];

    /// <summary>A descriptor of the host's root; negative if it cannot be opened.</summary>
    internal int Root { get; private set; } = -Errno.ENOENT;

    /// <summary>The mount that is the host's root; null if it is not known.</summary>
    internal MountInfo? RootMount => _mounts is { } mounts && mounts.Find("/") is >= 0 and var number ? mounts[number] : null;

    /// <summary>Opens the root, and reads the mounts again if they have changed. Call it before each use, and <see cref="Leave"/> after it.</summary>
    /// <returns>0, or -errno.</returns>
    internal int Enter()
    {
        if (_file is null) Choose();
        int length = _file!.ReadIfChanged();
        if (length < 0)
        {
            _mounts = null;
            return length;
        }

        if (length > 0) Index(MountTree.Parse(_file.Text));
        Root = Libc.Openat(Libc.AT_FDCWD, _rootPath, Libc.O_PATH | Libc.O_DIRECTORY);
        return Math.Min(Root, 0);
    }

    /// <summary>Closes the root, because its file system cannot be unmounted while it is open.</summary>
    internal void Leave()
    {
        if (Root >= 0) Libc.Close(Root);
        Root = -Errno.ENOENT;
    }

    /// <summary>Opens a directory, with O_PATH, by its path on its file system.</summary>
    /// <param name="major">Major number of the file system's device, as in mountinfo.</param>
    /// <param name="minor">Minor number of the device.</param>
    /// <param name="path">The path on the file system, as in the root field of mountinfo.</param>
    /// <param name="through">Receives the host's mount through which it was reached.</param>
    /// <returns>A descriptor, or -errno; -ENOENT if no mount of the host shows it.</returns>
    internal int OpenDirectory(uint major, uint minor, string path, out MountInfo? through)
    {
        through = null;
        if (_mounts is null || !_byDevice.TryGetValue((major, minor), out List<int>? numbers)) return -Errno.ENOENT;
        foreach (int number in numbers)
        {
            MountInfo mount = _mounts[number];
            if (!IsBelow(path, mount.Root) || _mounts.IsHidden(number)) continue;
            string rest = mount.Root == "/" ? path : path[mount.Root.Length..];
            int directory = RootedPath.OpenWithoutLinks(Root, Encoding.Latin1.GetBytes(mount.Point + "/" + rest));
            if (directory < 0) continue;

            // btrfs gives each subvolume a device number of its own, which mountinfo does not contain.
            if (Libc.Statx(directory, [0], out FileStatus status) >= 0 && (IsOn(status, major, minor) || mount.Type == "btrfs"))
            {
                through = mount;
                return directory;
            }

            Libc.Close(directory);
        }

        return -Errno.ENOENT;
    }

    /// <summary>The host's mount that contains a path; null if there is none.</summary>
    internal MountInfo? MountOf(string path)
    {
        int number = _mounts?.Find(path) ?? -1;
        return number < 0 ? null : _mounts![number];
    }

    /// <summary>The mount point of the host's overlay mount with a number; null if it is not mounted in the host's namespace.</summary>
    internal string? OverlayPoint(uint major, uint minor) =>
        _mounts is not null && _byDevice.TryGetValue((major, minor), out List<int>? numbers) ? _mounts[numbers[0]].Point : null;

    public void Dispose()
    {
        Leave();
        _file?.Dispose();
    }

    private static bool IsOn(in FileStatus status, uint major, uint minor) => status.DeviceMajor == major && status.DeviceMinor == minor;

    private static bool IsBelow(string path, string root) =>
        root == "/" || (path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/'));

    private void Choose()
    {
        _rootPath = Encoding.UTF8.GetBytes($"{proc}/1/root\0");
        int root = Libc.Openat(Libc.AT_FDCWD, _rootPath, Libc.O_PATH | Libc.O_DIRECTORY);
        if (root >= 0) Libc.Close(root);
        bool isOwn = root < 0 && proc == "/proc";
        if (isOwn) _rootPath = "/\0"u8.ToArray();
        _file = new MountInfoFile(isOwn ? "/proc/self/mountinfo" : proc + "/1/mountinfo");
    }

    private void Index(MountTree mounts)
    {
        _mounts = mounts;
        _byDevice.Clear();
        for (int number = 0; number < mounts.Count; number++)
        {
            (uint, uint) device = (mounts[number].Major, mounts[number].Minor);
            if (!_byDevice.TryGetValue(device, out List<int>? numbers)) _byDevice[device] = numbers = [];
            numbers.Add(number);
        }
    }
}
