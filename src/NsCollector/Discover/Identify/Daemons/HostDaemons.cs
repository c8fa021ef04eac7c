using System.Text;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Proc;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Daemons;

/// <summary>
/// Finds the daemons of the host among its processes, and the directories in which they keep their state: from the command
/// line, else from the configuration file that they read. Used by one thread; a scan that finds nothing new allocates nothing.
/// </summary>
/// <remarks>
/// Anybody can call a program dockerd. So only processes of root count that are in no pid namespace of their own, in no
/// container's cgroup, and whose program is not setuid. Only then is their command line read: a hostile process can block
/// its readers, because they wait for its memory map.
/// </remarks>
internal sealed class HostDaemons
{
    private readonly HostRoots _roots;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly ProcessFiles _processes;

    // Processes beyond this are checked again in each scan. Tenants can start as many programs of these names as they may.
    private const int MaxKnown = 4096;

    // The default options have no services and no configured cgroups: only containers are recognised.
    private readonly ContainerRecognisers _containers;
    private HashSet<(int Pid, long StartTicks)> _known = [];
    private HashSet<(int Pid, long StartTicks)> _seen = [];
    private readonly Dictionary<string, StateFileStamp> _unreadable = new(StringComparer.Ordinal);

    /// <param name="roots">Where the host's procfs and run directory are.</param>
    /// <param name="counters">Counts configuration files that cannot be read, and directories beyond <see cref="DaemonDirectories.Max"/>.</param>
    /// <param name="log">Receives warnings about them.</param>
    internal HostDaemons(HostRoots roots, AgentCounters counters, RateLimitedLog log)
    {
        _roots = roots;
        _counters = counters;
        _log = log;
        _processes = new ProcessFiles(roots.Proc);
        _containers = new ContainerRecognisers(new DiscoverOptions(), SystemdRoot.Find(roots));
    }

    /// <summary>dockerd's data roots.</summary>
    internal DaemonDirectories DataRoots { get; } = new();

    /// <summary>containerd's state directories.</summary>
    internal DaemonDirectories ContainerdStates { get; } = new();

    /// <summary>Scans all processes. About three system calls for each of them.</summary>
    internal void Scan()
    {
        if (_processes.Open() < 0) return;
        _seen.Clear();
        while (_processes.TryNext(out int pid))
        {
            if (KindOf(_processes.Read(pid, "comm\0"u8)) is not { } kind) continue;
            (int Pid, long StartTicks) process = (pid, ProcessStatus.StartTicks(_processes.Read(pid, "stat\0"u8)) ?? 0);

            // A daemon's directories cannot change while it runs. A file that was unreadable is tried again.
            bool isDone = _known.Contains(process) || !IsHostDaemon(pid) || TryAdd(pid, kind);
            if (isDone && process.StartTicks > 0 && _seen.Count < MaxKnown) _seen.Add(process);
        }

        _processes.Close();
        (_known, _seen) = (_seen, _known);
    }

    private static DaemonKind? KindOf(ReadOnlySpan<byte> comm)
    {
        comm = comm.TrimEnd((byte)'\n');

        // dockerd-current: Docker of RHEL 7.
        if (comm.SequenceEqual("dockerd"u8) || comm.SequenceEqual("dockerd-current"u8)) return DaemonKind.Docker;
        return comm.SequenceEqual("containerd"u8) ? DaemonKind.Containerd : null;
    }

    private bool IsHostDaemon(int pid)
    {
        if (!IsOfHostRoot(_processes.Read(pid, "status\0"u8))) return false;
        ReadOnlySpan<byte> cgroups = _processes.Read(pid, "cgroup\0"u8);
        if (cgroups.IsEmpty || IsInContainer(cgroups, out bool isOfSession)) return false;

        // A link to a setuid program (sudo) can have any name, and the arguments are its caller's. Without the right to see
        // the program, no process of a login session is believed.
        const int setUser = 0x800;
        return Libc.Stat($"{_roots.Proc}/{pid}/exe", out FileStatus program) < 0 ? !isOfSession : (program.Mode & setUser) == 0;
    }

    // The owner of /proc/PID does not tell: anybody's process belongs to root there if it is not dumpable.
    private static bool IsOfHostRoot(ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<byte> pids = ProcessStatus.Line(status, "NSpid"u8);
        return ProcessStatus.Line(status, "Uid"u8).SequenceEqual("0\t0\t0\t0"u8) && !pids.IsEmpty && !pids.Contains((byte)'\t');
    }

    private bool IsInContainer(ReadOnlySpan<byte> cgroups, out bool isOfSession)
    {
        isOfSession = false;
        foreach (Range range in cgroups.Split((byte)'\n'))
        {
            // ID:CONTROLLERS:PATH
            ReadOnlySpan<byte> line = cgroups[range];
            int colon = line.IndexOf((byte)':');
            int second = colon < 0 ? -1 : line[(colon + 1)..].IndexOf((byte)':');
            if (second < 0) continue;
            string path = Encoding.UTF8.GetString(line[(colon + second + 2)..]);
            isOfSession |= path.StartsWith("/user.slice/", StringComparison.Ordinal);
            if (_containers.IsInContainer(path)) return true;
        }

        return false;
    }

    private bool TryAdd(int pid, DaemonKind kind)
    {
        ReadOnlySpan<byte> words = _processes.Read(pid, "cmdline\0"u8);
        if (words.IsEmpty) return false;
        if (!DaemonDirectory.TryFind(kind, new DaemonArguments(words), TryReadConfiguration, out string? directory)) return false;
        if (directory is not null) Add(kind == DaemonKind.Docker ? DataRoots : ContainerdStates, directory);
        return true;
    }

    // The daemons use their defaults if the default file does not exist.
    private bool TryReadConfiguration(string path, bool isNamed, out byte[] text)
    {
        int error = -Errno.ENOENT;
        string refused = path;
        foreach (string place in Places(path))
        {
            if (ConfigurationFile.Read(place, out int failed) is { } bytes)
            {
                text = bytes;
                return true;
            }

            if (failed is not (-Errno.ENOENT or -Errno.ENOTDIR)) (error, refused) = (failed, place);
        }

        text = [];
        if (!isNamed && error == -Errno.ENOENT) return true;
        if (!IsNewlyUnreadable(refused)) return false;
        _counters.Add(AgentCounter.IdentityErrors);
        _log.Warning("daemon configuration", $"Cannot read {path} (errno {-error}), the configuration of a running daemon, so its containers may have their ids as names. Set discovery.docker_roots or discovery.containerd_states to its directory.");
        return false;
    }

    // Each version of a file counts once, although each scan tries to read it again.
    private bool IsNewlyUnreadable(string path)
    {
        int result = StateFileStamp.Statx(path, out FileStatus status);
        StateFileStamp version = result < 0 ? StateFileStamp.Refused(path, result) : StateFileStamp.Of(path, status);
        if (_unreadable.TryGetValue(path, out StateFileStamp? known) && known == version) return false;
        if (_unreadable.Count >= MaxKnown) _unreadable.Clear();
        _unreadable[path] = version;
        return true;
    }

    private void Add(DaemonDirectories directories, string path)
    {
        foreach (string place in Places(path))
        {
            if (directories.TryAdd(place)) continue;
            _counters.Add(AgentCounter.IdentityErrors);
            _log.Warning("daemon directories", $"Daemons use more than {DaemonDirectories.Max} directories; {path} is not searched for names of containers.");
        }
    }

    // An agent in a container sees the host's files below the root of the host's init process, if it may.
    private IEnumerable<string> Places(string path)
    {
        if (path.StartsWith("/var/run/", StringComparison.Ordinal)) path = path["/var".Length..];
        if (path.StartsWith("/run/", StringComparison.Ordinal)) return [string.Concat(_roots.Run, path.AsSpan("/run".Length))];
        return _roots.Proc == "/proc" ? [path] : [path, $"{_roots.Proc}/1/root{path}"];
    }
}
