using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics.Filesystems;

/// <summary>
/// Asks the host's file systems for their space, on a thread of its own, because one whose server or disk is gone never answers. Such
/// a one is left out until it answers, and another thread goes on with the rest.
/// </summary>
/// <remarks>The sampling thread calls it. A steady cycle allocates nothing and starts no thread.</remarks>
internal sealed class FilesystemReader : IDisposable
{
    /// <summary>A file system that has not answered after this time hangs, in nanoseconds.</summary>
    internal const long HangNs = 3_000_000_000;

    /// <summary>How many threads may hang; with all of them, no file system is asked until one goes on.</summary>
    internal const int MaxThreads = 4;

    private const int MaxAnswers = 1 << 17;

    private readonly Lock _gate = new();

    // An event, because Monitor.Wait allocates.
    private readonly AutoResetEvent _request = new(false);
    private readonly HostMounts _mounts;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly AskSpace _ask;
    private readonly HashSet<string> _hanging = new(StringComparer.Ordinal);
    private (HostMount Mount, FileSystemSpace Space, long TimestampNs)[] _answers = [];
    private int _answered;
    private Worker? _active;
    private int _threads;
    private bool _isRequested, _isEnding;

    /// <summary>Asks the file system at a path that ends in a NUL byte; may never return.</summary>
    internal delegate int AskSpace(ReadOnlySpan<byte> path, out FileSystemSpace space);

    /// <param name="mounts">Which file systems are asked; disposed with the reader.</param>
    /// <param name="counters">Counts those that hang, and failures.</param>
    /// <param name="log">Receives a warning about each that hangs.</param>
    /// <param name="ask">Asks one; replaced in tests.</param>
    internal FilesystemReader(HostMounts mounts, AgentCounters counters, RateLimitedLog log, AskSpace? ask = null)
    {
        _mounts = mounts;
        _counters = counters;
        _log = log;
        _ask = ask ?? ((ReadOnlySpan<byte> path, out FileSystemSpace space) => Libc.Statvfs(path, out space));
    }

    /// <summary>Begins to ask every file system. Returns at once.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            ReplaceIfHanging();
            if (_active is null && _threads < MaxThreads && !_isEnding) StartThread();
            if (_active is null) return;
            _isRequested = true;
            _request.Set();
        }
    }

    /// <summary>Adds a row for each file system that has answered since the last call, with the time of its answer. Does not wait.</summary>
    internal void Collect(RowTable into)
    {
        lock (_gate)
        {
            for (int i = 0; i < _answered; i++)
            {
                (HostMount mount, FileSystemSpace space, long timestampNs) = _answers[i];
                Row row = into.Add(mount.Point);
                row.SetMoreKeys(mount.MoreKeys);
                row.TimestampNs = timestampNs;
                Set(row.Readings, space);
            }

            _answered = 0;
        }
    }

    /// <summary>Whether every file system that can has answered since <see cref="Begin"/>, for tests.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (_gate) return !_isRequested && _active?.IsAsking != true;
        }
    }

    /// <summary>Asks the thread to end. One that hangs ends with the process.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            _request.Set();
            if (_threads == 0) _mounts.Dispose();
        }
    }

    private void ReplaceIfHanging()
    {
        if (_active is { Current: { } current } active && SystemClock.MonotonicNs() - active.SinceNs >= HangNs)
        {
            _counters.Add(AgentCounter.FilesystemsHung);
            _log.Warning("file system hangs", $"The file system at {Printable(current.Point)} has not answered for {HangNs / 1_000_000_000} s. It is left out of host_filesystem until it does. Check its server or disk, or add it to host.exclude_mount_points.");
            _hanging.Add(current.Id);
            active.IsLate = true;
            _active = null;
        }
    }

    private void StartThread()
    {
        _threads++;
        Worker worker = _active = new Worker();
        new Thread(() => Run(worker)) { Name = "filesystems", IsBackground = true }.Start();
    }

    private void Run(Worker worker)
    {
        while (AwaitRequest(worker))
        {
            foreach (HostMount mount in _mounts.Refresh())
            {
                if (!BeginMount(worker, mount)) continue;
                int result = _ask(mount.Path, out FileSystemSpace space);
                if (!EndMount(worker, mount, result, space)) return;
            }

            lock (_gate) worker.IsAsking = false;
        }
    }

    private bool AwaitRequest(Worker worker)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_isEnding)
                {
                    End();
                    return false;
                }

                if (_isRequested)
                {
                    _isRequested = false;
                    worker.IsAsking = true;
                    return true;
                }
            }

            _request.WaitOne();
        }
    }

    private bool BeginMount(Worker worker, HostMount mount)
    {
        lock (_gate)
        {
            if (_hanging.Contains(mount.Id)) return false;
            (worker.Current, worker.SinceNs) = (mount, SystemClock.MonotonicNs());
            return true;
        }
    }

    /// <returns>False if another thread has replaced this one.</returns>
    private bool EndMount(Worker worker, HostMount mount, int result, FileSystemSpace space)
    {
        lock (_gate)
        {
            worker.Current = null;
            if (worker.IsLate)
            {
                _hanging.Remove(mount.Id);
                End();
                return false;
            }

            // It may have been unmounted since mountinfo was read.
            if (result < 0 && !mount.HasFailed && result is not (-Errno.ENOENT or -Errno.ENODEV)) _counters.Add(AgentCounter.ReadErrors);
            mount.HasFailed = result < 0;
            if (result < 0) return true;

            // Nobody collects while a cycle takes long.
            if (_answered >= MaxAnswers) return true;
            if (_answered == _answers.Length) Array.Resize(ref _answers, Math.Max(16, _answered * 2));
            _answers[_answered++] = (mount, space, SystemClock.RealtimeNs());
            return true;
        }
    }

    private void End()
    {
        _threads--;
        if (_isEnding && _threads == 0) _mounts.Dispose();
    }

    private static void Set(ReadingSet readings, in FileSystemSpace space)
    {
        readings.SetUnsigned(Reading.HostFilesystemSizeBytes, space.SizeBytes);
        if (space.FreeBytes <= space.SizeBytes) readings.SetUnsigned(Reading.HostFilesystemUsedBytes, space.SizeBytes - space.FreeBytes);
        readings.SetUnsigned(Reading.HostFilesystemAvailableBytes, space.AvailableBytes);

        // btrfs has none.
        if (space.Inodes > 0)
        {
            readings.SetUnsigned(Reading.HostFilesystemInodes, space.Inodes);
            if (space.FreeInodes <= space.Inodes) readings.SetUnsigned(Reading.HostFilesystemUsedInodes, space.Inodes - space.FreeInodes);
        }

        readings.Set(Reading.HostFilesystemReadOnly, space.IsReadOnly ? 1 : 0);
    }

    private static string Printable(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name).Replace('\n', ' ');

    private sealed class Worker
    {
        internal HostMount? Current { get; set; }

        internal long SinceNs { get; set; }

        internal bool IsLate { get; set; }

        internal bool IsAsking { get; set; }
    }
}
