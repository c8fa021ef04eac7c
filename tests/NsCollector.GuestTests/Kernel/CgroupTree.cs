namespace NsCollector.GuestTests.Kernel;

/// <summary>
/// A cgroup below the root with containers in it, made without systemd. The agent finds the containers by discovery.cgroup_paths.
/// Disposing kills the processes and removes the cgroups.
/// </summary>
internal sealed class CgroupTree : IDisposable
{
    /// <summary>The path of the outer cgroup.</summary>
    public const string Outer = "/nsc-tree";

    /// <summary>The configuration with which the agent finds the containers.</summary>
    public const string Configuration = $"[discovery]\ncgroup_paths = {Outer}/*\n";

    private const string Root = "/sys/fs/cgroup";

    private readonly Guest _guest;
    private readonly string[] _names;

    /// <summary>Creates the outer cgroup with the controllers cpu, memory and pids, and one below for each name.</summary>
    public CgroupTree(Guest guest, params string[] names)
    {
        _guest = guest;
        _names = names;
        const string Enable = "echo '+cpu +memory +pids' > cgroup.subtree_control";
        guest.Run($"cd {Root} && {Enable} && mkdir {Root}{Outer} && cd {Root}{Outer} && {Enable} && mkdir {string.Join(' ', names)}");
    }

    /// <summary>The path of a container's cgroup below the root.</summary>
    public static string PathOf(string name) => $"{Outer}/{name}";

    /// <summary>The directory of a container's cgroup.</summary>
    public static string DirectoryOf(string name) => Root + PathOf(name);

    /// <summary>The words of a shell that run a command in a container.</summary>
    public static string Enter(string name, string command) => $"sh -c 'echo $$ > {DirectoryOf(name)}/cgroup.procs; exec {command}'";

    /// <summary>Writes files of the outer cgroup, or of a container.</summary>
    public void Set(string? name, params (string File, string Value)[] values) =>
        _guest.Run($"cd {(name is null ? Root + Outer : DirectoryOf(name))}{string.Concat(values.Select(pair => $" && echo '{pair.Value}' > {pair.File}"))}");

    /// <summary>Starts a process in a container.</summary>
    /// <returns>Its pid.</returns>
    public int Start(string name, string command) => (int)_guest.Integer($"{Enter(name, command)} > /dev/null 2>&1 < /dev/null & echo $!");

    /// <summary>A counter of memory.events.</summary>
    public long Event(string name, string key) => _guest.Integer($"sed -n 's/^{key} //p' {DirectoryOf(name)}/memory.events");

    // After the kill, the last process takes a moment to leave its cgroup.
    public void Dispose() =>
        _guest.Run($"cd {Root}{Outer} 2> /dev/null || exit 0; for c in {string.Join(' ', _names)} {Root}{Outer}; do for i in $(seq 100); do [ -d $c ] || break; echo 1 > $c/cgroup.kill; rmdir $c || sleep 0.1; done; done 2> /dev/null || true");
}
