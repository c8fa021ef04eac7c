using System.Buffers.Text;
using System.Text;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Walk;

/// <summary>
/// Finds the init process of a container: among the first processes in its cgroup the one that is process 1 of its own pid
/// namespace, else the first. While a container is being created, the first is a helper of the runtime, so young containers
/// are checked again. Used by one thread; allocates only for a process that it finds.
/// </summary>
/// <param name="roots">Where the host's procfs is.</param>
/// <param name="counters">Counts processes that could not be opened, unless they had ended.</param>
internal sealed class InitProcess(HostRoots roots, AgentCounters counters)
{
    /// <summary>
    /// How many descriptors discovery leaves to the rest of the agent, or a quarter of a small limit. Without any left, the
    /// agent could enter no namespace and open no file of a sink.
    /// </summary>
    private const int DescriptorReserve = 128;

    /// <summary>How many processes of a cgroup are checked for being process 1 of a namespace.</summary>
    private const int MaxCandidates = 8;

    /// <summary>How many directories of a container's subtree are searched for a process.</summary>
    private const int MaxDirectories = 64;

    /// <summary>
    /// Child cgroups that have the processes of a new container: crun's with the systemd driver, and systemd-nspawn's. They
    /// are opened by name, because directories inside a container are not watched and only walks find them.
    /// </summary>
    private static readonly byte[][] PayloadProcesses = ["container/cgroup.procs\0"u8.ToArray(), "payload/cgroup.procs\0"u8.ToArray()];

    // starttime counts clock ticks of CLOCK_BOOTTIME since boot. The offset to the realtime clock is read once, so that a
    // container's start time does not change when the clock is adjusted.
    private readonly long _bootedAtNs = Libc.ClockGettime(Libc.CLOCK_REALTIME) - Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
    private readonly long _nsPerTick = 1_000_000_000L / Math.Max(1, (long)Libc.Sysconf(Libc._SC_CLK_TCK));
    private readonly byte[] _buffer = new byte[8192];
    private readonly byte[] _scratch = new byte[8192];
    private readonly byte[] _procPath = Encoding.UTF8.GetBytes(roots.Proc + "/" + "4294967295\0");
    private readonly int _procLength = Encoding.UTF8.GetByteCount(roots.Proc) + 1;
    private readonly Queue<CgroupNode> _subtree = new();

    /// <summary>Whether descriptors ran out since this was last cleared, so that a process could not be found or held.</summary>
    internal bool IsOutOfDescriptors { get; set; }

    /// <summary>When the host was booted, in nanoseconds since the epoch; the base of <see cref="ProcessDirectory.StartedAtNs"/>.</summary>
    internal long BootedAtNs => _bootedAtNs;

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

    /// <summary>Finds the init process in the container's cgroup or, if that has no process of its own, in the nearest cgroup below.</summary>
    /// <param name="tree">The hierarchy.</param>
    /// <param name="container">The container's directory there.</param>
    /// <param name="isNamespaceInit">Whether it is process 1 of its pid namespace, so that the search is over.</param>
    /// <returns>Null if no process is visible.</returns>
    internal ProcessDirectory? Find(CgroupTree tree, CgroupNode container, out bool isNamespaceInit)
    {
        _subtree.Clear();
        _subtree.Enqueue(container);
        for (int looked = 0; looked < MaxDirectories && _subtree.TryDequeue(out CgroupNode? node); looked++)
        {
            if (FindIn(tree, node, "cgroup.procs\0"u8, out isNamespaceInit) is { } found) return found;
            if (node == container && FindPayload(tree, container, out isNamespaceInit) is { } payload) return payload;
            if (node.Children is not { } children) continue;
            foreach (CgroupNode child in children.Values)
            {
                // A nested container has its own init process. A monitor or supervisor is inside its container's cgroup but
                // outside its namespaces.
                if (child.Recognised is null && !HelperCgroup.Is(NameOf(child))) _subtree.Enqueue(child);
            }
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

    private static ReadOnlySpan<char> NameOf(CgroupNode node) => node.Path.AsSpan(node.Path.LastIndexOf('/') + 1);

    private ProcessDirectory? FindPayload(CgroupTree tree, CgroupNode container, out bool isNamespaceInit)
    {
        foreach (byte[] file in PayloadProcesses)
        {
            if (FindIn(tree, container, file, out isNamespaceInit) is { } found) return found;
        }

        isNamespaceInit = false;
        return null;
    }

    private ProcessDirectory? FindIn(CgroupTree tree, CgroupNode node, ReadOnlySpan<byte> fileWithNul, out bool isNamespaceInit)
    {
        isNamespaceInit = false;
        int procs = tree.Open(node, fileWithNul);
        if (procs < 0)
        {
            Count(procs);
            return null;
        }

        ProcessDirectory? first = null;
        int length = Libc.Pread(procs, _buffer, 0);

        // A threaded cgroup of v2 lists no processes; they are listed in its parent.
        if (length < 0 && length != -Errno.EOPNOTSUPP) Count(length);
        ReadOnlySpan<byte> text = _buffer.AsSpan(0, Math.Max(0, length));
        for (int i = 0; i < MaxCandidates && TryParsePid(ref text, out int pid); i++)
        {
            // 0 is a process of a pid namespace that cannot be seen from here.
            if (pid == 0 || Open(pid, out bool isInit) is not { } candidate) continue;
            if (!IsListed(tree, node, fileWithNul, pid))
            {
                // It ended, and the number may mean another process by now.
                candidate.Close();
                continue;
            }

            if (isInit)
            {
                first?.Close();
                first = candidate;
                isNamespaceInit = true;
                break;
            }

            if (first is null) first = candidate;
            else candidate.Close();
        }

        Libc.Close(procs);
        return first;
    }

    private static bool TryParsePid(ref ReadOnlySpan<byte> text, out int pid)
    {
        int end = text.IndexOf((byte)'\n');
        if (end > 0 && Utf8Parser.TryParse(text[..end], out pid, out int used) && used == end && pid >= 0)
        {
            text = text[(end + 1)..];
            return true;
        }

        pid = 0;
        return false;
    }

    /// <summary>
    /// Whether a process is still in the cgroup. The file must be opened again: through one descriptor, cgroup v1 returns
    /// the same list for up to a second (cgroup_pidlist_start in kernel/cgroup/cgroup-v1.c).
    /// </summary>
    private bool IsListed(CgroupTree tree, CgroupNode node, ReadOnlySpan<byte> fileWithNul, int pid)
    {
        int procs = tree.Open(node, fileWithNul);
        if (procs < 0)
        {
            Count(procs);
            return false;
        }

        int length = Libc.Pread(procs, _scratch, 0);
        Libc.Close(procs);
        ReadOnlySpan<byte> text = _scratch.AsSpan(0, Math.Max(0, length));
        while (TryParsePid(ref text, out int listed))
        {
            if (listed == pid) return true;
        }

        return false;
    }

    private ProcessDirectory? Open(int pid, out bool isNamespaceInit)
    {
        isNamespaceInit = false;
        Utf8Formatter.TryFormat(pid, _procPath.AsSpan(_procLength), out int digits);
        _procPath[_procLength + digits] = 0;
        int directory = Libc.Openat(Libc.AT_FDCWD, _procPath.AsSpan(0, _procLength + digits + 1), Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory < 0)
        {
            Count(directory);
            return null;
        }

        // The kernel assigns the lowest free number.
        if (directory >= DescriptorRoom())
        {
            Libc.Close(directory);
            Count(-Errno.EMFILE);
            return null;
        }

        isNamespaceInit = IsNamespaceInit(directory);
        return new ProcessDirectory(directory, pid, StartedAtNs(directory));
    }

    /// <summary>The last number of the line NSpid of status is the pid in the innermost namespace. Process 1 of the host does not count.</summary>
    private bool IsNamespaceInit(int directory)
    {
        ReadOnlySpan<byte> text = ReadAll(directory, "status\0"u8);
        int at = text.IndexOf("\nNSpid:"u8);
        if (at < 0) return false;
        text = text[(at + 7)..];
        int end = text.IndexOf((byte)'\n');
        if (end < 0) return false;
        text = text[..end];
        int tab = text.LastIndexOf((byte)'\t');
        return tab > 0 && text[(tab + 1)..].SequenceEqual("1"u8);
    }

    /// <summary>Field 22 of /proc/PID/stat (proc(5)); 0 if unreadable.</summary>
    private long StartedAtNs(int directory)
    {
        ReadOnlySpan<byte> text = ReadAll(directory, "stat\0"u8);
        // The command is in parentheses and may contain anything, even parentheses and spaces.
        text = text[(text.LastIndexOf((byte)')') + 1)..];
        for (int field = 2; field < 22; field++)
        {
            int space = text.IndexOf((byte)' ');
            if (space < 0) return 0;
            text = text[(space + 1)..];
        }

        return Utf8Parser.TryParse(text, out long ticks, out _) ? _bootedAtNs + (ticks * _nsPerTick) : 0;
    }

    private static long DescriptorRoom()
    {
        if (Libc.Getrlimit(Libc.RLIMIT_NOFILE, out Libc.Rlimit limit) < 0) return long.MaxValue;
        long soft = (long)Math.Min(limit.Soft, int.MaxValue);
        return soft - Math.Min(DescriptorReserve, soft / 4);
    }

    /// <summary>Counts an error, unless it means that the process has ended.</summary>
    private void Count(int error)
    {
        IsOutOfDescriptors |= error is -Errno.EMFILE or -Errno.ENFILE;
        if (error is not (-Errno.ENOENT or -Errno.ESRCH or -Errno.ENODEV)) counters.Add(AgentCounter.DiscoveryErrors);
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
