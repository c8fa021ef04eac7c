using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Sample.Filesystem;

/// <summary>The directories to walk. A directory that several containers use is walked once.</summary>
/// <param name="interval">Minimum time between two walks of a directory.</param>
internal sealed class WalkedDirectories(TimeSpan interval)
{
    private readonly long _intervalNs = (long)interval.TotalNanoseconds;
    private readonly Dictionary<(ulong, ulong), WalkedDirectory> _directories = [];

    /// <summary>The directory with a key.</summary>
    internal WalkedDirectory GetOrAdd((ulong Device, ulong Inode) key)
    {
        if (!_directories.TryGetValue(key, out WalkedDirectory? directory)) _directories[key] = directory = new WalkedDirectory(key.Device, key.Inode);
        return directory;
    }

    /// <summary>The directory that has waited longest for a walk.</summary>
    /// <returns>False if none is due.</returns>
    internal bool TryNext(long nowNs, [NotNullWhen(true)] out WalkedDirectory? next)
    {
        next = null;
        foreach (WalkedDirectory directory in _directories.Values)
        {
            if (directory.IsHanging || (directory.TriedAtNs != long.MinValue && nowNs - directory.TriedAtNs < _intervalNs)) continue;
            if (next is null || directory.TriedAtNs < next.TriedAtNs) next = directory;
        }

        return next is not null;
    }

    /// <summary>Removes the directories that no container uses any more.</summary>
    internal void Keep(IEnumerable<ContainerDisk> disks)
    {
        HashSet<WalkedDirectory> used = [.. disks.SelectMany(disk => disk.Mounts).Where(mount => mount.Walked is not null).Select(mount => mount.Walked!)];
        foreach (WalkedDirectory directory in _directories.Values.Where(directory => !used.Contains(directory)).ToArray()) _directories.Remove(directory.Key);
    }
}
