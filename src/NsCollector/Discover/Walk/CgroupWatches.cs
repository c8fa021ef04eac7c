using System.Buffers.Binary;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Walk;

/// <summary>
/// The inotify(7) watches on the directories in which containers are made. A watch tells of the directory's own entries
/// only, so every directory that may hold containers needs one: those that are likely to come first, and of the others as
/// many as a part of the bound allows, so that a host with tens of thousands of cgroups that are no containers does not
/// pay for each. What is not watched is found by the next walk.
/// </summary>
/// <remarks>For the discovery thread. Reading events allocates nothing.</remarks>
/// <param name="maxWatches">The most watches at once.</param>
/// <param name="counters">Counts what was not watched, and overflows.</param>
internal sealed class CgroupWatches(int maxWatches, AgentCounters counters) : IDisposable
{
    private const uint Mask = Libc.IN_CREATE | Libc.IN_DELETE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_ONLYDIR;

    /// <summary>The others may have this part of the bound.</summary>
    private const int OthersPart = 8;

    // struct inotify_event: wd 4, mask 4, cookie 4, len 4, name with NUL bytes up to len.
    private const int MaskOffset = 4, LengthOffset = 12, NameOffset = 16;

    private readonly Dictionary<int, (CgroupTree Tree, CgroupNode Node)> _byWatch = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _others;

    /// <summary>What poll(2) waits for with POLLIN; -errno where the kernel gave no instance: then only walks tell.</summary>
    internal int Descriptor { get; private set; } = Libc.InotifyInit();

    /// <summary>How many directories are watched.</summary>
    internal int Count => _byWatch.Count;

    /// <summary>Whether every directory that is likely to hold containers could be watched, since the last walk began.</summary>
    internal bool IsComplete { get; private set; } = true;

    /// <summary>A walk of all hierarchies begins: it tries again what could not be watched.</summary>
    internal void BeginWalk() => IsComplete = true;

    /// <summary>Watches a directory, unless the bounds forbid.</summary>
    /// <param name="tree">Its hierarchy.</param>
    /// <param name="node">The directory.</param>
    /// <param name="pathWithNul">Its path.</param>
    /// <param name="isLikely">Whether containers are to be expected in it.</param>
    /// <returns>Whether it is watched from now on, and was not before: what was made in it until now must be looked for.</returns>
    internal bool TryAdd(CgroupTree tree, CgroupNode node, ReadOnlySpan<byte> pathWithNul, bool isLikely)
    {
        if (Descriptor < 0) return false;
        if (node.Watch > 0)
        {
            // It was watched as one of the others, and has turned out to be more.
            if (isLikely && !node.IsWatchedAsLikely)
            {
                node.IsWatchedAsLikely = true;
                _others--;
            }

            return false;
        }

        if (_byWatch.Count >= maxWatches || (!isLikely && _others >= maxWatches / OthersPart))
        {
            if (isLikely) Refused();
            return false;
        }

        int watch = Libc.InotifyAddWatch(Descriptor, pathWithNul, Mask);
        if (watch < 0)
        {
            // That it is gone again is an answer; no room or no memory is not.
            if (watch is not (-Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENODEV) && isLikely) Refused();
            return false;
        }

        node.Watch = watch;
        node.IsWatchedAsLikely = isLikely;
        if (!isLikely) _others++;
        _byWatch[watch] = (tree, node);
        return true;
    }

    /// <summary>Forgets a directory that is gone, or need not be watched any more.</summary>
    internal void Remove(CgroupNode node)
    {
        if (node.Watch <= 0) return;
        _byWatch.Remove(node.Watch);
        if (!node.IsWatchedAsLikely) _others--;

        // Where the directory is gone the kernel has ended the watch itself.
        Libc.InotifyRemoveWatch(Descriptor, node.Watch);
        node.Watch = 0;
    }

    /// <summary>Tells the observer what has happened, at most a buffer full.</summary>
    /// <returns>Whether there was anything, so that there may be more by now: where not, all is told that had happened before.</returns>
    internal bool Read(ICgroupWatchObserver observer)
    {
        if (Descriptor < 0) return false;
        int length = Libc.Read(Descriptor, _buffer);
        ReadOnlySpan<byte> events = _buffer.AsSpan(0, Math.Max(0, length));
        while (events.Length >= NameOffset)
        {
            int watch = BinaryPrimitives.ReadInt32LittleEndian(events);
            uint mask = BinaryPrimitives.ReadUInt32LittleEndian(events[MaskOffset..]);
            int nameLength = (int)BinaryPrimitives.ReadUInt32LittleEndian(events[LengthOffset..]);
            ReadOnlySpan<byte> name = events.Slice(NameOffset, nameLength);
            events = events[(NameOffset + nameLength)..];
            if ((mask & Libc.IN_Q_OVERFLOW) != 0)
            {
                counters.Add(AgentCounter.InotifyOverflows);
                observer.Overflowed();
                continue;
            }

            if (!_byWatch.TryGetValue(watch, out (CgroupTree Tree, CgroupNode Node) watched)) continue;
            if ((mask & Libc.IN_IGNORED) != 0)
            {
                _byWatch.Remove(watch);
                if (!watched.Node.IsWatchedAsLikely) _others--;
                watched.Node.Watch = 0;
                continue;
            }

            if ((mask & Libc.IN_ISDIR) == 0) continue;
            name = name[..(name.IndexOf((byte)0) + 1)];
            if (name.Length <= 1) continue;
            if ((mask & (Libc.IN_CREATE | Libc.IN_MOVED_TO)) != 0) observer.Made(watched.Tree, watched.Node, name);
            else observer.Removed(watched.Tree, watched.Node, name);
        }

        return length > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Descriptor >= 0) Libc.Close(Descriptor);
        Descriptor = -1;
    }

    private void Refused()
    {
        IsComplete = false;
        counters.Add(AgentCounter.WatchesOverLimit);
    }
}
