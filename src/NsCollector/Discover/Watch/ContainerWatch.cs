using System.Collections.Immutable;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;

namespace NsCollector.Discover.Watch;

/// <summary>
/// The watch, on one thread that is inside one native call (native/watch.c) from <see cref="Start"/> to
/// <see cref="Dispose"/>: no garbage collection can stop it (docs/decisions/0010).
/// </summary>
internal sealed class ContainerWatch : IContainerWatch, IDisposable
{
    private const int FirstBufferBytes = 16 << 10;

    private readonly WatchHandle _handle;
    private readonly WatchOptions _options;
    private readonly Thread _thread;
    private readonly object _taking = new();
    private byte[] _buffer = new byte[FirstBufferBytes];
    private bool _started;

    /// <summary>Makes the watch; containers may be added before it is started.</summary>
    /// <param name="plan">What is read of every container.</param>
    /// <param name="options">What it may use.</param>
    public ContainerWatch(WatchPlan plan, WatchOptions options)
    {
        _options = options;
        Error = WatchHandle.Create(plan, options, Ready.Descriptor, out _handle);
        _thread = new Thread(Run) { Name = "watch", IsBackground = true };
    }

    /// <summary>0, or the -errno for which nothing is watched: every method answers -EBADF then.</summary>
    public int Error { get; private set; }

    /// <inheritdoc/>
    public WakeSignal Ready { get; } = new();

    /// <summary>How its thread is scheduled; known from <see cref="Start"/> on.</summary>
    public WatchScheduling Scheduling { get; private set; }

    /// <summary>The kernel's number of its thread; 0 before <see cref="Start"/>.</summary>
    public int ThreadId { get; private set; }

    /// <summary>What it has counted.</summary>
    public unsafe WatchCounts Counts
    {
        get
        {
            if (!_handle.Enter()) return default;
            NativeShim.WatchCountsResult counts;
            NativeShim.WatchGetCounts(_handle.Address, &counts);
            _handle.DangerousRelease();
            return new WatchCounts(
                counts.TextsDropped, counts.RecordsLost, counts.OomUnarmed, counts.Containers, counts.NamespacesOpen, counts.Pending, counts.Descriptors);
        }
    }

    /// <summary>Starts the thread, once, and waits until it watches.</summary>
    /// <returns>How it is scheduled.</returns>
    public unsafe WatchScheduling Start()
    {
        if (_started || !_handle.Enter()) return Scheduling;
        _started = true;
        _thread.Start();
        NativeShim.WatchSchedulingResult result;
        NativeShim.WatchWaitStarted(_handle.Address, &result);
        _handle.DangerousRelease();
        ThreadId = result.Thread;
        Scheduling = new WatchScheduling(result.RealTime != 0, result.Nice, result.Error);
        return Scheduling;
    }

    /// <inheritdoc/>
    public int Add(long key, string cgroupPath)
    {
        // The kernel's texts end at a NUL: what is behind it would be left out in silence.
        if (cgroupPath.Contains('\0', StringComparison.Ordinal)) return -Errno.EINVAL;
        if (!_handle.Enter()) return -Errno.EBADF;
        int slot = NativeShim.WatchAdd(_handle.Address, key, cgroupPath);
        _handle.DangerousRelease();
        return slot;
    }

    /// <inheritdoc/>
    public void Complete(int handle, long key)
    {
        if (!_handle.Enter()) return;
        NativeShim.WatchRecheck(_handle.Address, handle, key);
        _handle.DangerousRelease();
    }

    /// <inheritdoc/>
    public int Follow(int handle, long key, uint life, int pid, int processDirectory, bool isNamespaceInit)
    {
        if (!_handle.Enter()) return -Errno.EBADF;
        int result = NativeShim.WatchFollow(_handle.Address, handle, key, life, pid, processDirectory, isNamespaceInit ? 1 : 0);
        _handle.DangerousRelease();
        return result;
    }

    /// <inheritdoc/>
    public void SetNetworkEnd(int handle, long key, NetworkEnd? end) => TrySetNetworkEnd(handle, key, end);

    /// <inheritdoc/>
    public void Remove(int handle, long key)
    {
        if (!_handle.Enter()) return;
        NativeShim.WatchRemove(_handle.Address, handle, key);
        _handle.DangerousRelease();
    }

    /// <inheritdoc/>
    public bool TryTake(out WatchRecord record)
    {
        record = null!;
        if (!_handle.Enter()) return false;
        try
        {
            lock (_taking) return Take(out record);
        }
        finally
        {
            _handle.DangerousRelease();
        }
    }

    /// <summary>Ends the thread and lets go of everything.</summary>
    public void Dispose()
    {
        if (_handle.Enter())
        {
            if (_started)
            {
                NativeShim.WatchStop(_handle.Address);
                _thread.Join();
            }

            _handle.DangerousRelease();
        }

        _handle.Dispose();
        Ready.Dispose();
    }

    /// <summary>As <see cref="SetNetworkEnd"/>.</summary>
    /// <returns>0, or -errno; then what was said before holds.</returns>
    internal unsafe int TrySetNetworkEnd(int handle, long key, NetworkEnd? end)
    {
        ImmutableArray<(int Index, string Name)> peers = end?.Peers ?? [];
        Span<NativeShim.WatchPeer> given = stackalloc NativeShim.WatchPeer[NativeShim.MaxWatchPeers];
        given.Clear();

        // All of them or none: a sum over a part would be wrong in silence.
        int count = peers.IsDefault || peers.Length > given.Length ? 0 : peers.Length;
        for (int i = 0; i < count; i++)
        {
            given[i].Index = peers[i].Index;
            Span<byte> name = given[i].Name;
            if (!Encoding.UTF8.TryGetBytes(peers[i].Name, name[..^1], out _)) count = 0;
        }

        if (end?.NamespacePath?.Contains('\0', StringComparison.Ordinal) == true) return -Errno.EINVAL;
        if (!_handle.Enter()) return -Errno.EBADF;
        int result;
        fixed (NativeShim.WatchPeer* at = given)
            result = NativeShim.WatchSetNetwork(_handle.Address, handle, key, end?.NamespaceInode ?? 0, end?.NamespacePath, at, count);
        _handle.DangerousRelease();
        return result;
    }

    private unsafe bool Take(out WatchRecord record)
    {
        record = null!;
        NativeShim.WatchRecordHead head;
        for (;;)
        {
            int taken;
            fixed (byte* buffer = _buffer) taken = NativeShim.WatchDequeue(_handle.Address, &head, buffer, (uint)_buffer.Length);
            if (taken == 0) return false;
            if (taken == 1) break;
            _buffer = new byte[head.Bytes];
        }

        bool hasStatus = (head.Flags & NativeShim.WatchFlags.HasStatus) != 0;
        record = new WatchRecord(
            head.Key, head.Life, (WatchRecordKind)head.Kind, head.RealtimeNs, head.BoottimeNs,
            (head.Flags & NativeShim.WatchFlags.IsEmpty) != 0, hasStatus ? head.Status : null, head.OomKills, TextsOf(in head))
        {
            StatusComes = (head.Flags & NativeShim.WatchFlags.StatusFollows) != 0,
        };

        // A large one is rare: its room is not kept.
        if (_buffer.Length > FirstBufferBytes) _buffer = new byte[FirstBufferBytes];
        return true;
    }

    private LastTexts TextsOf(in NativeShim.WatchRecordHead head)
    {
        (long RxBytes, long TxBytes)? network = (head.Flags & NativeShim.WatchFlags.HasNetwork) != 0 ? (head.RxBytes, head.TxBytes) : null;
        if (head.Files == 0) return network is null ? LastTexts.None : new LastTexts([], [], false, network);
        var texts = new (int Offset, int Length)[head.Files];
        for (int i = 0; i < texts.Length; i++) texts[i] = ((int)head.Texts[i].Offset, head.Texts[i].Length);
        return new LastTexts(_buffer.AsSpan(0, (int)head.Bytes).ToArray(), texts, (head.Flags & NativeShim.WatchFlags.IsComplete) != 0, network);
    }

    private void Run()
    {
        if (!_handle.Enter()) return;
        int error = NativeShim.WatchRun(_handle.Address, _options.RealTime ? 1 : 0);
        _handle.DangerousRelease();
        if (error != 0) Error = error;
    }
}
