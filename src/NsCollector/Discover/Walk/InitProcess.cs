using System.Buffers.Text;
using System.Text;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Proc;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Walk;

/// <summary>
/// Finds the init process of a container: of all processes in its cgroup and below, process 1 of the outermost pid
/// namespace, else the process that started first. While a container is being created, that is a helper of the runtime, so
/// young containers are checked again. Used by one thread; allocates only for a process that it finds.
/// </summary>
/// <param name="roots">Where the host's procfs is.</param>
/// <param name="maxCandidates">How many processes and directories of a container one search examines (<see cref="DiscoverOptions.MaxInitCandidates"/>).</param>
/// <param name="counters">Counts processes that could not be opened, unless they had ended, and searches that were cut short.</param>
internal sealed class InitProcess(HostRoots roots, int maxCandidates, AgentCounters counters)
{
    /// <summary>
    /// How many descriptors discovery leaves to the rest of the agent, or a quarter of a small limit. Without any left, the
    /// agent could enter no namespace and open no file of a sink.
    /// </summary>
    private const int DescriptorReserve = 128;

    /// <summary>How often a search is repeated because the process that it found had left the cgroup.</summary>
    private const int MaxAttempts = 3;

    private static readonly byte[] Processes = "cgroup.procs\0"u8.ToArray();

    /// <summary>
    /// Child cgroups that have the processes of a new container: crun's with the systemd driver, systemd-nspawn's, and those
    /// of systemd as process 1. They are opened by name, because directories inside a container are not watched and only walks
    /// find them.
    /// </summary>
    private static readonly byte[][] PayloadProcesses =
    [
        "container/cgroup.procs\0"u8.ToArray(), "payload/cgroup.procs\0"u8.ToArray(), "init.scope/cgroup.procs\0"u8.ToArray(),
        "container/init.scope/cgroup.procs\0"u8.ToArray(), "payload/init.scope/cgroup.procs\0"u8.ToArray(),
    ];

    private readonly byte[] _buffer = new byte[8192];
    private readonly byte[] _scratch = new byte[8192];
    private readonly byte[] _procPath = Encoding.UTF8.GetBytes(roots.Proc + "/" + "4294967295\0");
    private readonly int _procLength = Encoding.UTF8.GetByteCount(roots.Proc) + 1;
    private readonly Queue<CgroupNode> _subtree = new();
    private readonly Queue<CgroupNode> _notAdmitted = new();
    private readonly InitTies _best = new();

    // Of the first of them.
    private int _bestDirectory;

    /// <summary>Whether descriptors ran out since this was last cleared, so that a process could not be found or held.</summary>
    internal bool IsOutOfDescriptors { get; set; }

    /// <summary>How many processes and directories the last search examined: what it cost.</summary>
    internal int Examined { get; private set; }

    /// <summary>
    /// Whether a process is a helper of runc that only prepares init (libcontainer/nsenter/nsexec.c sets the names).
    /// runc:[2:INIT] becomes init itself, and for an instant has the name of its parent.
    /// </summary>
    internal bool IsHelper(ProcessDirectory process)
    {
        ReadOnlySpan<byte> name = ReadAll(process.Descriptor, "comm\0"u8).TrimEnd((byte)'\n');
        if (name.StartsWith("runc:["u8)) return !name.StartsWith("runc:[2:"u8);
        if (name.SequenceEqual("runc"u8)) return true;

        // Before it sets that name, it is called "exe" or a descriptor's number, after the path that was executed. During
        // execve(2) and after its end it has no command line, so it may be a helper, and the search for init goes on.
        ReadOnlySpan<byte> words = ReadAll(process.Descriptor, "cmdline\0"u8);
        return words.IsEmpty || words.EndsWith("runc\0init\0"u8);
    }

    /// <summary>Finds the init process among the processes of a container's cgroup and of the cgroups below.</summary>
    /// <remarks>
    /// A supervisor may run in a container's cgroup, outside its pid namespace: older versions of conmon and systemd-nspawn,
    /// and the runtime's helpers at every exec. So process 1 of a namespace counts more than an older process outside. A
    /// systemd service has no supervisor there: process 1 of a namespace is the one of a sandbox inside the service, unless
    /// all processes are in that namespace (PrivatePIDs=).
    /// </remarks>
    /// <param name="directories">The container's directory in each hierarchy. They have the same processes.</param>
    /// <param name="runtime">The container's runtime.</param>
    /// <param name="isNamespaceInit">Whether it is process 1 of its pid namespace, so that the search is over.</param>
    /// <returns>Null if no process is visible.</returns>
    internal ProcessDirectory? Find(List<(CgroupTree Tree, CgroupNode Node)> directories, ContainerRuntime runtime, out bool isNamespaceInit)
    {
        Examined = 0;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            bool byLevels = runtime == ContainerRuntime.Systemd;
            foreach ((CgroupTree tree, CgroupNode node) in directories)
            {
                SearchBelow(tree, node, byLevels);
                if (!_best.IsEmpty && _best.First.IsNamespaceInit) break;
            }

            if (_best.IsEmpty) break;
            if (TryTakeBest() is not { } found) continue;
            isNamespaceInit = found.IsNamespaceInit;
            return found.Process;
        }

        isNamespaceInit = false;
        return null;
    }

    /// <summary>Whether the process of this directory has not been reaped yet. After that, every look-up through it fails.</summary>
    internal static bool IsAlive(ProcessDirectory process)
    {
        int status = Libc.Statx(process.Descriptor, "cwd\0"u8, out _);
        return status is not (-Errno.ENOENT or -Errno.ESRCH);
    }

    private void SearchBelow(CgroupTree tree, CgroupNode container, bool byLevels)
    {
        _subtree.Clear();
        _notAdmitted.Clear();
        _subtree.Enqueue(container);
        if (!SearchQueued(tree, byLevels) || (!_best.IsEmpty && _best.First.IsNamespaceInit)) return;
        foreach (byte[] file in PayloadProcesses)
        {
            if (!HasRoom()) return;
            Search(tree, container, file, byLevels);
        }

        // Inside a container the name of a cgroup alone says nothing: its processes may be those of the container. Elsewhere
        // the host's runtimes chose the name.
        if (!DelegatedCgroup.IsContainer(container)) return;
        while (_best.IsEmpty && _notAdmitted.TryDequeue(out CgroupNode? node))
        {
            _subtree.Enqueue(node);
            if (!SearchQueued(tree, byLevels)) return;
        }
    }

    /// <returns>False if the search must end.</returns>
    private bool SearchQueued(CgroupTree tree, bool byLevels)
    {
        while (_subtree.TryDequeue(out CgroupNode? node))
        {
            if (!HasRoom()) return false;
            Search(tree, node, Processes, byLevels);
            if (node.Children is not { } children) continue;
            foreach (CgroupNode child in children.Values)
            {
                // A nested container has its own init process. A monitor or supervisor is inside its container's cgroup but
                // outside its namespaces.
                if (child.IsAdmitted || HelperCgroup.Is(child.Name)) continue;
                (child.Recognised is null ? _subtree : _notAdmitted).Enqueue(child);
            }
        }

        return true;
    }

    /// <summary>Opens the process that was chosen, and forgets all others.</summary>
    /// <returns>Null if it has left the container.</returns>
    private (ProcessDirectory Process, bool IsNamespaceInit)? TryTakeBest()
    {
        (InitCandidate chosen, CgroupTree tree, CgroupNode node, byte[] file) = _best.Choose();
        int directory = _bestDirectory;
        int opened = _best.First.Pid;
        _best.Clear();
        if (chosen.Pid != opened)
        {
            // Another one that started in the same tick.
            Libc.Close(directory);
            directory = Open(chosen.Pid);
            if (directory < 0) return null;
            if (StartTicks(directory) != chosen.StartTicks)
            {
                Libc.Close(directory);
                return null;
            }
        }

        if (!IsListed(tree, node, file, chosen.Pid))
        {
            // It ended, and the number may mean another process by now.
            Libc.Close(directory);
            return null;
        }

        long startedBoottimeNs = chosen.StartTicks == long.MaxValue ? 0 : chosen.StartTicks * BootClock.TickNs;
        return (new ProcessDirectory(directory, chosen.Pid, startedBoottimeNs), chosen.IsNamespaceInit);
    }

    private long StartTicks(int directory) => ProcessStatus.StartTicks(ReadAll(directory, "stat\0"u8)) ?? long.MaxValue;

    /// <summary>Compares the processes of one cgroup with the best so far.</summary>
    private void Search(CgroupTree tree, CgroupNode node, byte[] file, bool byLevels)
    {
        using var processes = new ProcessList(tree, node, file, _buffer);
        while (processes.TryNext(out int pid))
        {
            if (pid == 0) continue;
            if (!HasRoom()) return;
            Compare(tree, node, file, pid, byLevels);
        }

        if (processes.Error < 0) Count(processes.Error);
    }

    private void Compare(CgroupTree tree, CgroupNode node, byte[] file, int pid, bool byLevels)
    {
        int directory = Open(pid);
        if (directory < 0) return;
        InitCandidate candidate = InitCandidate.Parse(pid, ReadAll(directory, "status\0"u8));

        // What cannot be the best, whenever it started, is not read further.
        int order = _best.IsEmpty ? -1 : (candidate with { StartTicks = 0 }).CompareTo(_best.First with { StartTicks = 0 }, byLevels);
        if (order <= 0)
        {
            candidate = candidate with { StartTicks = StartTicks(directory) };
            if (order == 0) order = candidate.CompareTo(_best.First, byLevels);
            if (order == 0) _best.Add(candidate, tree, node, file);
        }

        if (order >= 0)
        {
            Libc.Close(directory);
            return;
        }

        if (!_best.IsEmpty) Libc.Close(_bestDirectory);
        _best.Clear();
        _best.Add(candidate, tree, node, file);
        _bestDirectory = directory;
    }

    /// <summary>Whether the search may examine one more; counts once if it may not.</summary>
    private bool HasRoom()
    {
        if (Examined == maxCandidates) counters.Add(AgentCounter.InitSearchesOverLimit);
        return Examined++ < maxCandidates;
    }

    /// <summary>
    /// Whether a process is still in the cgroup. The file must be opened again: through one descriptor, cgroup v1 returns
    /// the same list for up to a second (cgroup_pidlist_start in kernel/cgroup/cgroup-v1.c).
    /// </summary>
    private bool IsListed(CgroupTree tree, CgroupNode node, byte[] file, int pid)
    {
        using var processes = new ProcessList(tree, node, file, _buffer);
        while (processes.TryNext(out int listed))
        {
            if (listed == pid) return true;
        }

        if (processes.Error < 0) Count(processes.Error);
        return false;
    }

    /// <returns>An O_PATH descriptor of /proc/PID, or negative.</returns>
    private int Open(int pid)
    {
        Utf8Formatter.TryFormat(pid, _procPath.AsSpan(_procLength), out int digits);
        _procPath[_procLength + digits] = 0;
        int directory = Libc.Openat(Libc.AT_FDCWD, _procPath.AsSpan(0, _procLength + digits + 1), Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory < 0)
        {
            Count(directory);
            return directory;
        }

        // The kernel assigns the lowest free number.
        if (directory < DescriptorRoom()) return directory;
        Libc.Close(directory);
        Count(-Errno.EMFILE);
        return -Errno.EMFILE;
    }

    private static long DescriptorRoom()
    {
        if (Libc.Getrlimit(Libc.RLIMIT_NOFILE, out Libc.Rlimit limit) < 0) return long.MaxValue;
        long soft = (long)Math.Min(limit.Soft, int.MaxValue);
        return soft - Math.Min(DescriptorReserve, soft / 4);
    }

    /// <summary>
    /// Counts an error, unless it means that the process has ended, or that the cgroup is a threaded one of v2: its processes
    /// are listed in its parent.
    /// </summary>
    private void Count(int error)
    {
        IsOutOfDescriptors |= error is -Errno.EMFILE or -Errno.ENFILE;
        if (error is not (-Errno.ENOENT or -Errno.ESRCH or -Errno.ENODEV or -Errno.EOPNOTSUPP)) counters.Add(AgentCounter.DiscoveryErrors);
    }

    private ReadOnlySpan<byte> ReadAll(int directory, ReadOnlySpan<byte> nameWithNul)
    {
        int descriptor = Libc.Openat(directory, nameWithNul);
        if (descriptor < 0) return default;
        int length = Libc.Pread(descriptor, _scratch, 0);
        Libc.Close(descriptor);
        return length <= 0 ? default : _scratch.AsSpan(0, length);
    }
}
