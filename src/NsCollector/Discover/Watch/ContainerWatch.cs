using System.Collections.Immutable;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;

namespace NsCollector.Discover.Watch;

/// <summary>
/// The native watch. Its thread stays inside one native call (native/watch.c) from <see cref="Start"/> to
/// <see cref="Dispose"/>, so garbage collections do not pause it (docs/decisions/0010).
/// </summary>
internal sealed class ContainerWatch : IContainerWatch, IDisposable
{
    private const int FirstBufferBytes = 16 << 10;

    private readonly WatchHandle _handle;
    private readonly WatchOptions _options;
    private readonly Thread _thread;
    private readonly object _dequeueLock = new();
    private byte[] _buffer = new byte[FirstBufferBytes];
    private bool _started;

    /// <summary>Creates the watch; containers may be added before it is started.</summary>
    /// <param name="plan">Which files it reads of each container.</param>
    /// <param name="options">Its limits.</param>
    public ContainerWatch(WatchPlan plan, WatchOptions options)
    {
        _options = options;
        Error = WatchHandle.Create(plan, options, Ready.Descriptor, out _handle);
        _thread = new Thread(Run) { Name = "watch", IsBackground = true };
    }

    /// <summary>0, or -errno if it cannot watch: then every method returns -EBADF.</summary>
    public int Error { get; private set; }

    /// <inheritdoc/>
    public WakeSignal Ready { get; } = new();

    /// <summary>How its thread is scheduled; set by <see cref="Start"/>.</summary>
    public WatchScheduling Scheduling { get; private set; }

    /// <summary>The thread id (gettid(2)) of its thread; 0 before <see cref="Start"/>.</summary>
    public int ThreadId { get; private set; }

    /// <summary>Its counts so far.</summary>
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
        // A native string ends at the first NUL: the rest would be ignored silently.
        if (cgroupPath.Contains('\0', StringComparison.Ordinal)) return -Errno.EINVAL;
        if (!_handle.Enter()) return -Errno.EBADF;
        int slot = NativeShim.WatchAdd(_handle.Address, key, cgroupPath);
        _handle.DangerousRelease();
        return slot;
    }

    /// <inheritdoc/>
    public void Recheck(int handle, long key)
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
    public void SetFinalCounterSource(int handle, long key, FinalCounterSource? source) => TrySetFinalCounterSource(handle, key, source);

    /// <inheritdoc/>
    public void Remove(int handle, long key)
    {
        if (!_handle.Enter()) return;
        NativeShim.WatchRemove(_handle.Address, handle, key);
        _handle.DangerousRelease();
    }

    /// <inheritdoc/>
    public bool TryDequeue(out WatchRecord record)
    {
        record = null!;
        if (!_handle.Enter()) return false;
        try
        {
            lock (_dequeueLock) return Dequeue(out record);
        }
        finally
        {
            _handle.DangerousRelease();
        }
    }

    /// <summary>Stops the thread and closes every descriptor.</summary>
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

    /// <summary>As <see cref="SetFinalCounterSource"/>.</summary>
    /// <returns>0, or -errno; then the previous source is kept.</returns>
    internal unsafe int TrySetFinalCounterSource(int handle, long key, FinalCounterSource? source)
    {
        ImmutableArray<FinalLink> links = source is null || source.Links.IsDefault ? [] : source.Links;
        if (links.Length > NativeShim.MaxWatchLinks) return -Errno.EINVAL;
        Span<NativeShim.WatchLink> native = stackalloc NativeShim.WatchLink[NativeShim.MaxWatchLinks];
        native.Clear();
        for (int i = 0; i < links.Length; i++)
        {
            native[i].Peer = links[i].Peer;
            if (!TrySetName(ref native[i].Name, links[i].Name) || !TrySetName(ref native[i].PeerName, links[i].PeerName)) return -Errno.EINVAL;
        }

        if (source?.NamespacePath?.Contains('\0', StringComparison.Ordinal) == true) return -Errno.EINVAL;
        if (!_handle.Enter()) return -Errno.EBADF;
        int result;
        fixed (NativeShim.WatchLink* address = native)
            result = NativeShim.WatchSetNetwork(_handle.Address, handle, key, source?.NamespaceInode ?? 0, source?.NamespacePath, source?.Version ?? 0, address, links.Length);
        _handle.DangerousRelease();
        return result;
    }

    /// <summary>Sets a name that has one character for each byte, with a NUL behind it.</summary>
    private static bool TrySetName(ref NativeShim.InterfaceName field, string name)
    {
        Span<byte> bytes = field;
        return name.Length < bytes.Length && !name.Contains('\0', StringComparison.Ordinal) && Encoding.Latin1.TryGetBytes(name, bytes, out _);
    }

    private unsafe bool Dequeue(out WatchRecord record)
    {
        record = null!;
        NativeShim.WatchRecordHead head;
        for (;;)
        {
            int result;
            fixed (byte* buffer = _buffer) result = NativeShim.WatchDequeue(_handle.Address, &head, buffer, (uint)_buffer.Length);
            if (result == 0) return false;
            if (result == 1) break;
            _buffer = new byte[head.Bytes];
        }

        bool hasStatus = (head.Flags & NativeShim.WatchFlags.HasStatus) != 0;
        record = new WatchRecord(
            head.Key, head.Life, (WatchRecordKind)head.Kind, head.RealtimeNs, head.BoottimeNs,
            (head.Flags & NativeShim.WatchFlags.IsEmpty) != 0, hasStatus ? head.Status : null, head.OomKills, TextsOf(in head))
        {
            StatusFollows = (head.Flags & NativeShim.WatchFlags.StatusFollows) != 0,
        };

        // A large record is rare: its buffer is not kept.
        if (_buffer.Length > FirstBufferBytes) _buffer = new byte[FirstBufferBytes];
        return true;
    }

    private WatchTexts TextsOf(in NativeShim.WatchRecordHead head)
    {
        FinalNetwork? network = (head.Flags & NativeShim.WatchFlags.HasNetwork) == 0
            ? null
            : new FinalNetwork(head.Network, head.RxBytes, head.TxBytes, head.LinksRead, head.OtherLinks < 0 ? null : head.OtherLinks);
        if (head.Files == 0) return network is null ? WatchTexts.None : new WatchTexts([], [], false, network);
        var texts = new (int Offset, int Length)[head.Files];
        for (int i = 0; i < texts.Length; i++) texts[i] = ((int)head.Texts[i].Offset, head.Texts[i].Length);
        return new WatchTexts(_buffer.AsSpan(0, (int)head.Bytes).ToArray(), texts, (head.Flags & NativeShim.WatchFlags.IsComplete) != 0, network);
    }

    private void Run()
    {
        if (!_handle.Enter()) return;
        int error = NativeShim.WatchRun(_handle.Address, _options.RealTime ? 1 : 0);
        _handle.DangerousRelease();
        if (error != 0) Error = error;
    }
}
