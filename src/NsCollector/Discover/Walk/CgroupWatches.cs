using System.Buffers.Binary;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Walk;

/// <summary>
/// The inotify(7) watches on the directories in which containers are created. A watch reports only the directory's own
/// entries, so each directory that may have containers needs one. Likely ones come first. The others share a part of the
/// bound, so that a host with tens of thousands of other cgroups does not pay for each. The next walk finds what is not watched.
/// </summary>
/// <remarks>For the discovery thread. Reading events allocates nothing.</remarks>
/// <param name="maxWatches">The most watches at once.</param>
/// <param name="counters">Counts what was not watched, and overflows.</param>
internal sealed class CgroupWatches(int maxWatches, AgentCounters counters) : IDisposable
{
    private const uint Mask = Libc.IN_CREATE | Libc.IN_DELETE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_ONLYDIR;

    /// <summary>Directories that are not likely to have containers may use this part of the bound: an eighth.</summary>
    private const int OthersPart = 8;

    // struct inotify_event: wd 4, mask 4, cookie 4, len 4, name with NUL bytes up to len.
    private const int MaskOffset = 4, LengthOffset = 12, NameOffset = 16;

    private readonly Dictionary<int, (CgroupTree Tree, CgroupNode Node)> _byWatch = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _others;

    /// <summary>For poll(2) with POLLIN; -errno if inotify is not available, so that only walks find containers.</summary>
    internal int Descriptor { get; private set; } = Libc.InotifyInit();

    /// <summary>How many directories are watched.</summary>
    internal int Count => _byWatch.Count;

    /// <summary>Whether all directories that are likely to have containers are watched, as of the last walk.</summary>
    internal bool IsComplete { get; private set; } = true;

    /// <summary>A walk of all hierarchies begins. It tries again to watch what could not be watched.</summary>
    internal void BeginWalk() => IsComplete = true;

    /// <summary>Watches a directory if the bounds allow it.</summary>
    /// <param name="tree">Its hierarchy.</param>
    /// <param name="node">The directory.</param>
    /// <param name="pathWithNul">Its path.</param>
    /// <param name="isLikely">Whether containers are likely to be created in it.</param>
    /// <returns>Whether it was not watched before, so that its contents must be read again.</returns>
    internal bool TryAdd(CgroupTree tree, CgroupNode node, ReadOnlySpan<byte> pathWithNul, bool isLikely)
    {
        if (Descriptor < 0) return false;
        if (node.Watch > 0)
        {
            // Watched as an unlikely one, which has turned out to be likely.
            if (isLikely && !node.IsWatchedAsLikely)
            {
                node.IsWatchedAsLikely = true;
                _others--;
            }

            return false;
        }

        if (_byWatch.Count >= maxWatches || (!isLikely && _others >= maxWatches / OthersPart))
        {
            if (isLikely) CountRefusal();
            return false;
        }

        int watch = Libc.InotifyAddWatch(Descriptor, pathWithNul, Mask);
        if (watch < 0)
        {
            // It may have been removed meanwhile. Other errors mean that there is no room.
            if (watch is not (-Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENODEV) && isLikely) CountRefusal();
            return false;
        }

        node.Watch = watch;
        node.IsWatchedAsLikely = isLikely;
        if (!isLikely) _others++;
        _byWatch[watch] = (tree, node);
        return true;
    }

    /// <summary>Stops watching a directory.</summary>
    internal void Remove(CgroupNode node)
    {
        if (node.Watch <= 0) return;
        _byWatch.Remove(node.Watch);
        if (!node.IsWatchedAsLikely) _others--;

        // If the directory was removed, the kernel has already removed the watch.
        Libc.InotifyRemoveWatch(Descriptor, node.Watch);
        node.Watch = 0;
    }

    /// <summary>Reports what has happened, at most one buffer of events.</summary>
    /// <returns>Whether there was an event, so that there may be more. If not, everything that happened before this call has been reported.</returns>
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
            if ((mask & (Libc.IN_CREATE | Libc.IN_MOVED_TO)) != 0) observer.Created(watched.Tree, watched.Node, name);
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

    private void CountRefusal()
    {
        IsComplete = false;
        counters.Add(AgentCounter.WatchesOverLimit);
    }
}
