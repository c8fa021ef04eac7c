using System.Collections.Immutable;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Net;

/// <summary>
/// The network namespaces that runtimes have bind-mounted: files of nsfs in their directories (Docker's sandboxes in
/// RUN/docker/netns; CNI, Podman and ip-netns(8) in RUN/netns), by the inode number of the namespace.
/// </summary>
/// <remarks>
/// For one thread. A directory is listed again only when it has changed: a steady refresh costs one statx(2) for each
/// directory and allocates nothing. A mount over a file does not change its directory. So a directory with a new file that
/// is not of nsfs yet is listed again until that file is older than YoungNs.
/// </remarks>
internal sealed class NamespaceMounts
{
    // A runtime creates the file and mounts over it within microseconds.
    private const long YoungNs = 10_000_000_000;

    // A known file is not checked at each refresh: a thousand of them would cost a millisecond. If another namespace was
    // mounted there, its inode number shows that before it is entered.
    private const long FullScanNs = 10_000_000_000;

    // The kernel's file times advance in ticks of at most 10 ms, so a directory may change twice at the same time.
    private const long TickNs = 1_000_000_000;

    private readonly Root[] _roots;
    private readonly int _maxFiles;
    private readonly AgentCounters _counters;
    private readonly (uint Major, uint Minor)? _nsfs;

    private sealed class Root(string path)
    {
        internal readonly string Path = path;
        internal readonly byte[] PathWithNul = Encoding.UTF8.GetBytes(path + "\0");
        internal Dictionary<ulong, string> ByInode = [];
        internal Dictionary<string, ulong> ByPath = new(StringComparer.Ordinal);
        internal long FullScanAtNs;
        internal FileStatus Seen;
        internal bool IsSettled;
    }

    /// <param name="directories">Where the files are; a path that begins with /run/ is below the host's run directory.</param>
    /// <param name="maxFiles">Maximum files checked in one directory; more are counted and left out.</param>
    /// <param name="roots">Where the run directory is.</param>
    /// <param name="counters">Counts NamespaceFilesOverLimit.</param>
    internal NamespaceMounts(ImmutableArray<string> directories, int maxFiles, HostRoots roots, AgentCounters counters)
    {
        _roots = [.. directories.Select(path => new Root(path.StartsWith("/run/", StringComparison.Ordinal) ? roots.Run + path["/run".Length..] : path))];
        _maxFiles = maxFiles;
        _counters = counters;
        int own = Libc.Openat(Libc.AT_FDCWD, "/proc/thread-self/ns/net\0"u8, Libc.O_PATH);
        if (own < 0) return;
        if (Libc.Statx(own, "\0"u8, out FileStatus status) == 0) _nsfs = (status.DeviceMajor, status.DeviceMinor);
        Libc.Close(own);
    }

    /// <summary>Lists the directories that have changed.</summary>
    /// <param name="nowNs">Nanoseconds since the epoch.</param>
    /// <returns>Whether the file of any namespace has changed.</returns>
    internal bool Refresh(long nowNs)
    {
        bool changed = false;
        if (_nsfs is null) return false;
        foreach (Root root in _roots)
        {
            if (Libc.Statx(Libc.AT_FDCWD, root.PathWithNul, out FileStatus status) != 0)
            {
                changed |= root.ByInode.Count > 0;
                root.ByInode.Clear();
                root.ByPath.Clear();
                root.IsSettled = false;
                continue;
            }

            if (root.IsSettled && status.IsSameFile(root.Seen)
                && status.ModifiedSeconds == root.Seen.ModifiedSeconds && status.ModifiedNanoseconds == root.Seen.ModifiedNanoseconds)
            {
                continue;
            }

            root.Seen = status;
            root.IsSettled = !IsWithin(nowNs, status.ModifiedSeconds, status.ModifiedNanoseconds, TickNs);
            Dictionary<ulong, string> found = Scan(root, nowNs);
            changed |= !Same(found, root.ByInode);
            root.ByInode = found;
        }

        return changed;
    }

    /// <summary>The file at which a namespace is mounted; null if there is none.</summary>
    internal string? PathOf(ulong inode)
    {
        foreach (Root root in _roots)
        {
            if (root.ByInode.TryGetValue(inode, out string? path)) return path;
        }

        return null;
    }

    private Dictionary<ulong, string> Scan(Root root, long nowNs)
    {
        var found = new Dictionary<ulong, string>(root.ByInode.Count + 1);
        var byPath = new Dictionary<string, ulong>(root.ByPath.Count + 1, StringComparer.Ordinal);
        bool isFull = nowNs - root.FullScanAtNs is < 0 or >= FullScanNs;
        if (isFull) root.FullScanAtNs = nowNs;
        int files = 0;
        try
        {
            foreach (string path in Directory.EnumerateFiles(root.Path))
            {
                if (++files > _maxFiles) continue;
                if (!isFull && root.ByPath.TryGetValue(path, out ulong known))
                {
                    if (found.TryAdd(known, path)) byPath.Add(path, known);
                    continue;
                }

                if (Libc.Statx(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), out FileStatus status) != 0) continue;
                if ((status.DeviceMajor, status.DeviceMinor) == _nsfs)
                {
                    if (found.TryAdd(status.Inode, path)) byPath.Add(path, status.Inode);
                }
                else if (IsWithin(nowNs, status.ChangedSeconds, status.ChangedNanoseconds, YoungNs)) root.IsSettled = false;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Removed while it was listed, or not readable: the files found so far count.
        }

        root.ByPath = byPath;
        if (files > _maxFiles) _counters.Add(AgentCounter.NamespaceFilesOverLimit, files - _maxFiles);
        return found;
    }

    private static bool IsWithin(long nowNs, long seconds, uint nanoseconds, long spanNs)
    {
        long age = nowNs - ((seconds * 1_000_000_000) + nanoseconds);

        // Negative if the clock was set back; such a file would be young until that time.
        return age >= 0 && age < spanNs;
    }

    private static bool Same(Dictionary<ulong, string> one, Dictionary<ulong, string> other)
    {
        if (one.Count != other.Count) return false;
        foreach ((ulong inode, string path) in one)
        {
            if (!other.TryGetValue(inode, out string? before) || before != path) return false;
        }

        return true;
    }
}
