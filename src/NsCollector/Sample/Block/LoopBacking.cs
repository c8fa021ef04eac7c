using System.Text;
using NsCollector.Linux;

namespace NsCollector.Sample.Block;

/// <summary>
/// Finds the disks under the file of a loop device, by the mounts of the host. The file itself is not opened or asked for: its
/// file system may hang. Allocates; called when a loop device is new or has changed.
/// </summary>
/// <param name="roots">The host's procfs and sysfs.</param>
/// <param name="directory">Reads one device.</param>
internal sealed class LoopBacking(HostRoots roots, BlockDirectory directory)
{
    // An overlay on an overlay, and no more.
    private const int MaxDepth = 4;

    // Their files are in memory, on another host, or written by a process or threads of the kernel's: nobody is charged below.
    private static readonly HashSet<string> WithoutDisk =
        ["tmpfs", "ramfs", "hugetlbfs", "nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs", "zfs", "afs", "lustre", "fuse"];

    // Devices that are looked up together share one reading of the mounts.
    private const long MountsLifetimeNs = 1_000_000_000;

    private MountTree? _mounts;
    private long _mountsReadNs;

    /// <summary>Adds the numbers of the disks.</summary>
    /// <param name="file">The path that the kernel shows: without its mount namespace, which is taken to be process 1's.</param>
    /// <param name="lower">Receives them.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>False if it is not known which they are.</returns>
    internal bool TryFind(byte[] file, List<ulong> lower, long nowNs)
    {
        // One char a byte: names need not be UTF-8.
        string path = Encoding.Latin1.GetString(file);
        if (path.StartsWith("/dev/", StringComparison.Ordinal) && KernelNameOf(path) is { } device) return TryAdd(device, lower);
        if (_mounts is null || nowNs - _mountsReadNs >= MountsLifetimeNs) (_mounts, _mountsReadNs) = (ReadMounts(), nowNs);
        return _mounts is not null && TryFind(path, _mounts, lower, 0);
    }

    /// <summary>Frees what was read of the mounts.</summary>
    internal void ForgetMounts() => _mounts = null;

    private bool TryFind(string path, MountTree mounts, List<ulong> lower, int depth)
    {
        MountInfo? found = null;
        for (int i = 0; i < mounts.Count; i++)
        {
            if (mounts[i].Contains(path) && (found is null || mounts[i].Point.Length > found.Point.Length) && !mounts.IsHidden(i)) found = mounts[i];
        }

        if (found is null) return false;
        if (found.Major != 0)
        {
            directory.Select(((ulong)found.Major << 32) | found.Minor);
            if (!directory.TryDiskNumber([], [], out ulong disk)) return false;
            Add(disk, lower);
            return true;
        }

        if (WithoutDisk.Contains(found.Type) || found.Type.StartsWith("fuse.", StringComparison.Ordinal)) return true;
        if (found.Type == "btrfs") return TryBtrfs(found.Source, lower);
        return found.Type == "overlay" && depth < MaxDepth && found.SuperOption("upperdir") is { } upper && TryFind(upper, mounts, lower, depth + 1);
    }

    private MountTree? ReadMounts()
    {
        // What process 1 mounts is what the host sees. This agent's own mounts lack some of them (PrivateTmp=).
        string[] paths = roots.Proc == "/proc" ? ["/proc/1/mountinfo", "/proc/self/mountinfo"] : [roots.Proc + "/1/mountinfo"];
        foreach (string path in paths)
        {
            try
            {
                return MountTree.Parse(File.ReadAllText(path, Encoding.Latin1));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next one; without any it is not known.
            }
        }

        return null;
    }

    /// <summary>btrfs has a number of its own that no disk has. SYS/fs/btrfs/UUID/devices links to all its disks.</summary>
    private bool TryBtrfs(string source, List<ulong> lower)
    {
        if (KernelNameOf(source) is not { } name) return false;
        try
        {
            foreach (string system in Directory.EnumerateDirectories(roots.Sys + "/fs/btrfs"))
            {
                if (!Path.Exists($"{system}/devices/{name}")) continue;
                bool all = true;
                foreach (string device in Directory.EnumerateFileSystemEntries(system + "/devices")) all &= TryAdd(Path.GetFileName(device), lower);
                return all;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not known.
        }

        return false;
    }

    /// <summary>The kernel's name for /dev/NAME or /dev/mapper/NAME, from sysfs alone: /dev need not be the host's here.</summary>
    private string? KernelNameOf(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        if (name.Length == 0) return null;
        try
        {
            if (Path.Exists($"{roots.Sys}/class/block/{name}")) return name;
            foreach (string entry in Directory.EnumerateFileSystemEntries(roots.Sys + "/class/block", "dm-*"))
            {
                if (File.ReadAllText(entry + "/dm/name").TrimEnd('\n') == name) return Path.GetFileName(entry);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not known.
        }

        return null;
    }

    private bool TryAdd(string name, List<ulong> lower)
    {
        try
        {
            byte[] number = Encoding.ASCII.GetBytes(File.ReadAllText($"{roots.Sys}/class/block/{name}/dev").TrimEnd('\n'));
            if (!BlockDevicePaths.TryParse(number, out ulong device)) return false;
            directory.Select(device);
            if (!directory.TryDiskNumber([], [], out ulong disk)) return false;
            Add(disk, lower);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Add(ulong number, List<ulong> lower)
    {
        if (!lower.Contains(number)) lower.Add(number);
    }
}
