using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Waiting;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// Reads the containers' disks on a separate thread, with the lowest priorities for CPU and disk. First it reads the figures that are
/// due and need no walk. Then it walks directories in turn, as far as the budget allows.
/// </summary>
/// <remarks>The sampling thread calls <see cref="Begin"/> in each cycle; it allocates nothing there if the containers are the same.</remarks>
internal sealed class DiskThread : IDisposable
{
    /// <summary>A call that takes longer than this counts as hanging, in nanoseconds. Disk requests of idle priority may wait for long on a busy disk.</summary>
    internal const long HangNs = 30_000_000_000;

    /// <summary>Maximum threads. If all of them hang, nothing is read until one of them continues.</summary>
    internal const int MaxThreads = 3;

    private const int MaxMountInfoBytes = 4 << 20;
    private const int LowestPriority = 19;
    private const int MaxPauseMs = 60_000;
    private const int MaxAttempts = 6;
    private const long FirstRetryNs = 500_000_000;

    private readonly ReplaceableThread<ContainerMount> _thread;
    private readonly FilesystemOptions _options;
    private readonly string _proc;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly OwnMemoryCgroup? _ownMemory;
    private readonly MountChoice _choice;
    private readonly WalkBudget _budget;
    private readonly WalkedDirectories _directories;
    private readonly HashSet<ContainerMount> _hanging = [];
    private volatile ContainerDisk[] _disks = [];
    private ContainerDisk[] _known = [];
    private ReplaceableWorker<ContainerMount>? _owner;
    private DiskSession? _session;

    /// <param name="options">What is read.</param>
    /// <param name="proc">The host's procfs.</param>
    /// <param name="counters">Counts walks and failures.</param>
    /// <param name="log">Receives warnings.</param>
    /// <param name="ownMemory">The memory that is charged to this process; null if it is not known.</param>
    /// <param name="hangNs">Time after which a call counts as hanging, in nanoseconds; shorter in tests.</param>
    internal DiskThread(FilesystemOptions options, string proc, AgentCounters counters, RateLimitedLog log, OwnMemoryCgroup? ownMemory = null, long hangNs = HangNs)
    {
        _options = options;
        _proc = proc;
        _ownMemory = ownMemory;
        _counters = counters;
        _log = log;
        _choice = new MountChoice(options);
        _budget = new WalkBudget(options.WalkCpuPercent);
        _directories = new WalkedDirectories(options.Interval);
        var reports = new FilesystemReports(counters, log)
        {
            Subject = "the disks of the containers", Place = " in a container", Measurement = "container_filesystem", ExclusionKey = "filesystem.exclude_mount_points",
        };
        _thread = new ReplaceableThread<ContainerMount>("disks", MaxThreads, hangNs, counters)
        {
            Work = Read, SetHanging = SetHanging, OnHang = mount => reports.Hangs(mount.Point, hangNs), OnDefect = reports.Defect, OnEnd = () => _session?.Dispose(),
        };
    }

    /// <summary>Whether everything that is due has been read, for tests.</summary>
    internal bool IsIdle => _thread.IsIdle;

    /// <summary>Starts to read what is due. Returns immediately.</summary>
    /// <param name="disks">The disks of all containers; the same array as before if the containers are the same.</param>
    internal void Begin(ContainerDisk[] disks)
    {
        _disks = disks;
        _thread.Begin();
    }

    /// <summary>Asks the thread to end.</summary>
    public void Dispose() => _thread.End();

    private void SetHanging(ContainerMount mount)
    {
        _hanging.Add(mount);
        if (mount.Walked is { } walked) walked.IsHanging = true;
    }

    /// <summary>Processes one request.</summary>
    /// <returns>False if another thread has replaced this one.</returns>
    private bool Read(ReplaceableWorker<ContainerMount> worker)
    {
        DiskSession session = SessionOf(worker);
        try
        {
            return Read(worker, session) || End(session);
        }
        catch
        {
            // The next worker has another session. The current call has ended.
            if (worker.Current is { } mount) Leave(worker, mount);
            session.Dispose();
            throw;
        }
    }

    private bool Read(ReplaceableWorker<ContainerMount> worker, DiskSession session)
    {
        if (!ReadDue(worker, session)) return false;
        while (!_budget.IsOff && (session.Walked is not null || BeginWalk(session)))
        {
            long cpuNs = ThreadCpuNs();
            bool isOver = Pause();
            _budget.ChargePause(ThreadCpuNs() - cpuNs);
            if (!isOver) return true;
            if (!ContinueWalk(worker, session)) return false;
        }

        return true;
    }

    private static bool End(DiskSession session)
    {
        session.Dispose();
        return false;
    }

    private DiskSession SessionOf(ReplaceableWorker<ContainerMount> worker)
    {
        lock (_thread.Gate)
        {
            if (_owner == worker) return _session!;
            _owner = worker;
            _session = new DiskSession(_proc, _ownMemory);
        }

        // Without CAP_SYS_NICE, a thread may still lower its own priorities.
        Libc.Setpriority(Libc.PRIO_PROCESS, 0, LowestPriority);
        Libc.SetIdleIoPriority();
        return _session;
    }

    private static long ThreadCpuNs() => Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);

    /// <returns>False if there is a request.</returns>
    private bool Pause()
    {
        while (_budget.PauseNs(SystemClock.MonotonicNs()) is > 0 and var pauseNs)
        {
            if (_thread.AwaitNext((int)Math.Min(pauseNs / 1_000_000 + 1, MaxPauseMs))) return false;
        }

        return !_thread.HasNext;
    }

    /// <returns>False if another thread has replaced this one.</returns>
    private bool ReadDue(ReplaceableWorker<ContainerMount> worker, DiskSession session)
    {
        ContainerDisk[] disks = _disks;
        bool isHere = false;
        foreach (ContainerDisk disk in disks)
        {
            if (_thread.IsEnding) break;
            long nowNs = SystemClock.MonotonicNs();
            if (nowNs < disk.NextNs) continue;
            if (!isHere && session.Tree.Enter() is < 0 and var error)
            {
                _counters.Add(AgentCounter.ReadErrors);
                _log.Warning("no host tree", $"Cannot read the mounts of the host ({Errno.Name(-error)}), so the disks of containers are not reported. Grant CAP_SYS_PTRACE, or set filesystem.containers to off.");
                session.Tree.Leave();
                return true;
            }

            isHere = true;
            disk.NextNs = nowNs + (long)_options.Interval.TotalNanoseconds;
            if (!ReadDisk(worker, session, disk, disks)) return false;
        }

        session.Tree.Leave();
        if (ReferenceEquals(_known, disks)) return true;
        _known = disks;
        _directories.Keep(disks);
        if (session.Walked is { } walked && !disks.Contains(walked.User)) EndWalk(session);
        return true;
    }

    private bool ReadDisk(ReplaceableWorker<ContainerMount> worker, DiskSession session, ContainerDisk disk, ContainerDisk[] all)
    {
        if (ContainerProcess.TryOpen(_proc, disk.Container, session.Text, out ContainerProcess process))
        {
            using ContainerProcess opened = process;
            var figures = new List<DiskFigures>();
            foreach (ContainerMount mount in ChooseMounts(process, session, disk))
            {
                if (!Enter(worker, mount)) continue;
                int root = process.OpenRoot();
                MountReading? reading = root < 0 ? null : session.Mounts.Read(root, mount, () => OuterMounts(session, disk, all));
                if (root >= 0) Libc.Close(root);
                if (!Leave(worker, mount)) return false;
                if (reading is not null) figures.Add(Complete(reading, disk, mount));
            }

            disk.Publish([.. figures]);
            if (figures.Count > 0) return true;
        }

        // The runtime may not have changed to the container's root yet.
        if (disk.Attempts < MaxAttempts) disk.NextNs = Math.Min(disk.NextNs, SystemClock.MonotonicNs() + (FirstRetryNs << disk.Attempts++));
        return true;
    }

    /// <returns>Its mounts; none if they cannot be read.</returns>
    private ContainerMount[] ChooseMounts(ContainerProcess process, DiskSession session, ContainerDisk disk)
    {
        int length = ReadMountInfo(process, session);
        if (length <= 0) return [];
        ulong hash = Fnv1a.Hash(session.Text.AsSpan(0, length));
        if (hash == disk.MountsHash) return disk.Mounts;
        disk.Mounts = _choice.Choose(MountTree.Parse(Encoding.Latin1.GetString(session.Text, 0, length)), session.Tree.RootMount, out int overLimit);
        disk.MountsHash = hash;
        if (overLimit > 0) _counters.Add(AgentCounter.FilesystemsOverLimit, overLimit);
        return disk.Mounts;
    }

    private int ReadMountInfo(ContainerProcess process, DiskSession session)
    {
        while (true)
        {
            int length = process.Read("mountinfo\0"u8, session.Text);
            if (length < session.Text.Length) return length;
            if (length >= MaxMountInfoBytes)
            {
                _counters.Add(AgentCounter.ReadErrors);
                return -Errno.EOVERFLOW;
            }

            session.Text = new byte[length * 2];
        }
    }

    /// <summary>The mounts of the outer container of a nested container.</summary>
    private MountTree? OuterMounts(DiskSession session, ContainerDisk disk, ContainerDisk[] all)
    {
        string path = disk.Container.CgroupPath;
        ContainerDisk? outer = all.Where(other => path.StartsWith(other.Container.CgroupPath + "/", StringComparison.Ordinal)).MaxBy(other => other.Container.CgroupPath.Length);
        if (outer is null || !ContainerProcess.TryOpen(_proc, outer.Container, session.Text, out ContainerProcess process)) return null;
        using (process)
        {
            int length = ReadMountInfo(process, session);
            return length <= 0 ? null : MountTree.Parse(Encoding.Latin1.GetString(session.Text, 0, length));
        }
    }

    /// <summary>Adds the result of the last walk.</summary>
    private DiskFigures Complete(MountReading reading, ContainerDisk disk, ContainerMount mount)
    {
        mount.Walked = null;
        if (_budget.IsOff || reading.WalkKey is not { } key || reading.Path.Length == 0) return reading.Figures;
        WalkedDirectory directory = mount.Walked = _directories.GetOrAdd(key);
        (directory.Path, directory.Mount, directory.User) = (reading.Path, mount, disk);
        if (directory.WalkedAtNs > 0) reading.Figures.SetUsed(directory.Bytes, directory.Inodes, "walk"u8, directory.WalkedAtNs);
        return reading.Figures;
    }

    /// <summary>Begins to walk the directory that has waited longest.</summary>
    private bool BeginWalk(DiskSession session)
    {
        while (_directories.TryNext(SystemClock.MonotonicNs(), out WalkedDirectory? next))
        {
            next.TriedAtNs = session.WalkBeganNs = SystemClock.MonotonicNs();
            session.Walked = next;
            session.IsWalkBegun = false;
            return true;
        }

        return false;
    }

    /// <returns>False if another thread has replaced this one.</returns>
    private bool ContinueWalk(ReplaceableWorker<ContainerMount> worker, DiskSession session)
    {
        WalkedDirectory directory = session.Walked!;
        if (!Enter(worker, directory.Mount!))
        {
            EndWalk(session);
            return true;
        }

        long beganNs = SystemClock.MonotonicNs(), cpuNs = ThreadCpuNs();
        session.Charge.Begin();
        WalkOutcome outcome = IsInUse(directory) && (session.IsWalkBegun || OpenTop(session, directory)) ? session.Walk.Continue(WalkBudget.SliceNs, WalkBudget.SliceElapsedNs) : WalkOutcome.Abandoned;
        session.Charge.End();
        if (!Leave(worker, directory.Mount!))
        {
            directory.IsHanging = false;
            return false;
        }

        _counters.Add(AgentCounter.FilesystemWalkCpuNs, _budget.Charge(beganNs, ThreadCpuNs() - cpuNs));
        if (outcome != WalkOutcome.Unfinished) Finish(session, directory, outcome);
        return true;
    }

    private void Finish(DiskSession session, WalkedDirectory directory, WalkOutcome outcome)
    {
        if (outcome == WalkOutcome.Complete)
        {
            _counters.Add(AgentCounter.FilesystemWalks);
            (directory.Bytes, directory.Inodes, directory.WalkedAtNs) = (session.Walk.Bytes, session.Walk.Inodes, session.WalkBeganNs);

            // Publish the figures in the next cycle instead of after the interval.
            foreach (ContainerDisk disk in _disks)
            {
                if (disk.Mounts.Any(mount => mount.Walked == directory)) disk.NextNs = long.MinValue;
            }
        }
        else if (outcome != WalkOutcome.Abandoned)
        {
            _counters.Add(AgentCounter.FilesystemWalksIncomplete);
            string reason = outcome == WalkOutcome.OverBounds
                ? $"it is deeper than {DirectoryWalk.MaxDepth} directories, or has more than {DirectoryWalk.MaxLinked} files with several links"
                : "a file or directory in it could not be read";
            _log.Warning("walk incomplete", $"Cannot measure the size of {PrintableBytes.Of(directory.Path)}: {reason}. Its used_bytes in container_filesystem is absent or old. Grant CAP_DAC_READ_SEARCH if the agent lacks it, use a project quota, or set filesystem.walk_cpu to 0.");
        }

        EndWalk(session);
    }

    private static void EndWalk(DiskSession session)
    {
        session.Walk.Dispose();
        session.Walked = null;
    }

    // A file system that is walked cannot be unmounted, so a walk ends with its container.
    private bool IsInUse(WalkedDirectory directory) =>
        directory.User?.Container.Init is { } init && Libc.Stat($"{_proc}/{init.Pid}", out _) >= 0;

    /// <summary>Opens the directory of a walk again. It may have been replaced by another one.</summary>
    private static bool OpenTop(DiskSession session, WalkedDirectory directory)
    {
        session.IsWalkBegun = true;
        if (session.Tree.Enter() < 0) return false;
        int top = RootedPath.OpenWithoutLinks(session.Tree.Root, directory.Path);
        session.Tree.Leave();
        if (top < 0) return false;
        bool isBegun = Libc.Statx(top, [0], out FileStatus status) >= 0 && (status.Device, status.Inode) == directory.Key && session.Walk.Begin(top, status) >= 0;
        Libc.Close(top);
        return isBegun;
    }

    private bool Enter(ReplaceableWorker<ContainerMount> worker, ContainerMount mount)
    {
        lock (_thread.Gate)
        {
            // The last thread reads no remote file system, because such a call may hang.
            if (_hanging.Contains(mount) || mount.Walked?.IsHanging == true || (mount.IsRemote && _thread.IsLast)) return false;
            worker.Enter(mount);
            return true;
        }
    }

    /// <returns>False if another thread has replaced this one.</returns>
    private bool Leave(ReplaceableWorker<ContainerMount> worker, ContainerMount mount)
    {
        lock (_thread.Gate)
        {
            if (worker.Leave()) return true;
            _hanging.Remove(mount);
            if (mount.Walked is { } walked) walked.IsHanging = false;
            return false;
        }
    }
}
