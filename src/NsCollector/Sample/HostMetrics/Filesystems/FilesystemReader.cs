using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Waiting;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics.Filesystems;

/// <summary>
/// Asks the host's file systems for their space, on a thread of its own, because one whose server or disk is gone may never answer.
/// It is left out until it answers, and another thread continues with the others.
/// </summary>
/// <remarks>The sampling thread calls it. A steady cycle allocates nothing and starts no thread.</remarks>
internal sealed class FilesystemReader : IDisposable
{
    /// <summary>A file system that has not answered after this time hangs, in nanoseconds.</summary>
    internal const long HangNs = 3_000_000_000;

    /// <summary>How many threads may hang; with all of them, no file system is asked until one goes on.</summary>
    internal const int MaxThreads = 4;

    // Mounts come and go; then a failure is counted once more.
    private const int MaxFailed = 4096;

    private readonly ReplaceableThread<HostMount> _thread;
    private readonly HostMounts _mounts;
    private readonly AgentCounters _counters;
    private readonly AskSpace _ask;
    private readonly HashSet<string> _hanging = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private (HostMount Mount, FileSystemSpace Space, long TimestampNs)[] _answers = [];
    private int _answered;

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
        _ask = ask ?? ((ReadOnlySpan<byte> path, out FileSystemSpace space) => Libc.Statvfs(path, out space));
        var reports = new FilesystemReports(counters, log)
        {
            Subject = "the file systems of the host", Place = "", Measurement = "host_filesystem", ExclusionKey = "host.exclude_mount_points",
        };
        _thread = new ReplaceableThread<HostMount>("filesystems", MaxThreads, HangNs, counters)
        {
            Work = AskAll, SetHanging = mount => _hanging.Add(mount.Id), OnHang = mount => reports.Hangs(mount.Point, HangNs), OnDefect = reports.Defect, OnEnd = mounts.Dispose,
        };
    }

    /// <summary>Begins to ask every file system. Returns at once.</summary>
    internal void Begin() => _thread.Begin();

    /// <summary>Adds a row for each file system that has answered since the last call, with the time of its answer. Does not wait.</summary>
    internal void Collect(RowTable into)
    {
        lock (_thread.Gate)
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
    internal bool IsIdle => _thread.IsIdle;

    /// <summary>Asks the thread to end. One that hangs ends with the process, if the kernel can interrupt it.</summary>
    public void Dispose() => _thread.End();

    /// <returns>False if another thread has replaced this one.</returns>
    private bool AskAll(ReplaceableWorker<HostMount> worker)
    {
        foreach (HostMount mount in _mounts.Refresh())
        {
            if (!BeginMount(worker, mount)) continue;
            int result = _ask(mount.Path, out FileSystemSpace space);
            if (!EndMount(worker, mount, result, space)) return false;
        }

        return true;
    }

    private bool BeginMount(ReplaceableWorker<HostMount> worker, HostMount mount)
    {
        lock (_thread.Gate)
        {
            // The last thread is for those that answer.
            if (_hanging.Contains(mount.Id) || (mount.IsRemote && _thread.IsLast)) return false;
            worker.Enter(mount);
            return true;
        }
    }

    /// <returns>False if another thread has replaced this one.</returns>
    private bool EndMount(ReplaceableWorker<HostMount> worker, HostMount mount, int result, FileSystemSpace space)
    {
        lock (_thread.Gate)
        {
            if (!worker.Leave())
            {
                _hanging.Remove(mount.Id);
                return false;
            }

            // It may have been unmounted since mountinfo was read.
            if (result >= 0) Add(mount, space);
            else if (result is not (-Errno.ENOENT or -Errno.ENODEV) && IsNewFailure(mount)) _counters.Add(AgentCounter.ReadErrors);
            return true;
        }
    }

    // One that was not collected is replaced.
    private void Add(HostMount mount, FileSystemSpace space)
    {
        _failed.Remove(mount.Id);
        int index = 0;
        while (index < _answered && _answers[index].Mount.Id != mount.Id) index++;
        if (index == _answers.Length) Array.Resize(ref _answers, Math.Max(16, index * 2));
        _answers[index] = (mount, space, SystemClock.RealtimeNs());
        _answered = Math.Max(_answered, index + 1);
    }

    // Such as a user's FUSE mount, which root may not look at.
    private bool IsNewFailure(HostMount mount)
    {
        if (_failed.Count >= MaxFailed) _failed.Clear();
        return _failed.Add(mount.Id);
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
}
