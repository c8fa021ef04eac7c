using System.Globalization;

namespace NsCollector.TestSupport.Kernel;

/// <summary>
/// The kernel's values of the cgroup of one process, on v1, v2 and hybrid hosts. Reads the files at each call, with none of the
/// agent's code.
/// </summary>
public sealed class ProcessCgroup
{
    /// <summary>
    /// The path of <c>cpuacct.usage</c> or <c>cpu.stat</c> of a container's own cgroup inside the container: runtimes mount that cgroup
    /// at the mount point that its hierarchy has on the host.
    /// </summary>
    public static string CpuFileInContainer { get; } = File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(" - "))
        .Where(halves => halves[1].Split(' ') is ["cgroup", _, string options] && options.Split(',').Contains("cpuacct"))
        .Select(halves => halves[0].Split(' ')[4] + "/cpuacct.usage")
        .FirstOrDefault("/sys/fs/cgroup/cpu.stat");

    private readonly Dictionary<string, string> _directories = [];
    private readonly string? _unified;

    public ProcessCgroup(int pid)
    {
        var mounts = new Dictionary<string, string>();
        string? unifiedMount = null;
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            string[] halves = line.Split(" - ");
            string[] type = halves[1].Split(' ');
            string mountPoint = halves[0].Split(' ')[4];
            if (type[0] == "cgroup2")
                unifiedMount = mountPoint;
            else if (type[0] == "cgroup")
                foreach (string option in type[2].Split(','))
                    mounts[option] = mountPoint;
        }

        foreach (string line in File.ReadLines($"/proc/{pid}/cgroup"))
        {
            string[] parts = line.Split(':', 3);
            if (parts[1].Length == 0)
                _unified = unifiedMount + parts[2];
            else
                foreach (string controller in parts[1].Split(','))
                    if (mounts.TryGetValue(controller, out string? mount))
                        _directories[controller] = mount + parts[2];
        }
    }

    /// <summary>Its directory in the unified hierarchy, or else in the cpuacct hierarchy.</summary>
    public string DirectoryPath => _unified ?? _directories["cpuacct"];

    /// <summary>The text of a file of one controller, without the last newline; null if the kernel does not have it.</summary>
    /// <param name="controller">The v1 controller.</param>
    /// <param name="v1">The name of the file on v1.</param>
    /// <param name="v2">Its name on v2; null if it has none there.</param>
    public string? Text(string controller, string v1, string? v2 = null)
    {
        string? path = _directories.TryGetValue(controller, out string? directory) ? Path.Combine(directory, v1) : v2 is null || _unified is null ? null : Path.Combine(_unified, v2);
        return path is not null && File.Exists(path) ? File.ReadAllText(path).TrimEnd('\n') : null;
    }

    /// <summary>CPU time used, in ns.</summary>
    public long CpuUsageNs() => _directories.TryGetValue("cpuacct", out string? directory)
        ? Number(directory, "cpuacct.usage")
        : Keyed(_unified!, "cpu.stat", "usage_usec") * 1000;

    /// <summary>Memory charged, in bytes.</summary>
    public long MemoryUsageBytes() => _directories.TryGetValue("memory", out string? directory)
        ? Number(directory, "memory.usage_in_bytes")
        : Number(_unified!, "memory.current");

    /// <summary>Page cache on the inactive list, in bytes, including children.</summary>
    public long InactiveFileBytes() => _directories.TryGetValue("memory", out string? directory)
        ? Keyed(directory, "memory.stat", "total_inactive_file")
        : Keyed(_unified!, "memory.stat", "inactive_file");

    /// <summary>The number of OOM kills in it.</summary>
    public long OomKills() => _directories.TryGetValue("memory", out string? directory)
        ? Keyed(directory, "memory.oom_control", "oom_kill")
        : Keyed(_unified!, "memory.events", "oom_kill");

    /// <summary>The number of processes and threads.</summary>
    public long PidsCurrent() => Number(_directories.GetValueOrDefault("pids", _unified!), "pids.current");

    /// <summary>Bytes and operations written to a device (major:minor); zeros if the kernel has no row for it.</summary>
    public (long Bytes, long Operations) Written(string device)
    {
        if (_directories.TryGetValue("blkio", out string? directory))
            return (DeviceRow(directory, "blkio.throttle.io_service_bytes_recursive", device), DeviceRow(directory, "blkio.throttle.io_serviced_recursive", device));

        string? row = File.ReadLines(Path.Combine(_unified!, "io.stat")).FirstOrDefault(line => line.StartsWith(device + " ", StringComparison.Ordinal));
        long Field(string key) => row is null ? 0 : Parse(row.Split(' ').First(field => field.StartsWith(key + "=", StringComparison.Ordinal))[(key.Length + 1)..]);
        return (Field("wbytes"), Field("wios"));
    }

    /// <summary>Freezes or thaws its processes, and waits until that is done.</summary>
    public void SetFrozen(bool frozen)
    {
        if (_directories.TryGetValue("freezer", out string? directory))
        {
            string file = Path.Combine(directory, "freezer.state"), state = frozen ? "FROZEN" : "THAWED";
            File.WriteAllText(file, state);
            Eventually.True(() => File.ReadAllText(file).Trim() == state, $"{file} is {state}");
            return;
        }

        File.WriteAllText(Path.Combine(_unified!, "cgroup.freeze"), frozen ? "1" : "0");
        Eventually.True(() => Keyed(_unified!, "cgroup.events", "frozen") == (frozen ? 1 : 0), $"{_unified} is frozen: {frozen}");
    }

    private static long DeviceRow(string directory, string file, string device)
    {
        string start = device + " Write ";
        string? row = File.ReadLines(Path.Combine(directory, file)).FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));
        return row is null ? 0 : Parse(row[start.Length..]);
    }

    private static long Number(string directory, string file) => Parse(File.ReadAllText(Path.Combine(directory, file)));

    private static long Keyed(string directory, string file, string key) =>
        Parse(File.ReadLines(Path.Combine(directory, file)).First(line => line.StartsWith(key + " ", StringComparison.Ordinal))[(key.Length + 1)..]);

    private static long Parse(string text) => long.Parse(text.AsSpan().Trim(), CultureInfo.InvariantCulture);
}
