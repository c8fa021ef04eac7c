using System.Globalization;
using System.Text.Json;

namespace NsCollector.GuestTests.Kernel;

/// <summary>
/// The kernel's values of a container at one moment: the files of its cgroup and network namespace, and its interfaces. They are read
/// by grep and ip(8), with none of the agent's code.
/// </summary>
internal sealed class CgroupReading
{
    // crun puts the processes into a cgroup below the unit's, with its own limits.
    private static readonly string[] PayloadFiles = [.. new[] { "cpu.max", "cpu.stat", "cpu.stat.local", "memory.max", "memory.swap.max", "pids.max", "pids.events", "cpuset.cpus.effective", "memory.high", "io.max" }.Select(file => Payload + file)];

    private readonly Dictionary<string, List<string>> _files = [];
    private readonly JsonElement[] _links;

    /// <summary>The prefix of the names of files in that cgroup.</summary>
    public const string Payload = "container/";

    private CgroupReading(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // The output of grep: file, colon, line. The last part of /proc/PID/net/snmp is enough as a name.
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = line[(line.StartsWith('/') ? line.LastIndexOf('/', colon) + 1 : 0)..colon];
            if (!_files.TryGetValue(name, out List<string>? lines))
                _files[name] = lines = [];
            lines.Add(line[(colon + 1)..]);
        }

        BeganNs = Number("began")!.Value;
        EndedNs = Number("ended")!.Value;
        Devices = _files["devices"].Select(line => line.Split(' ')).ToDictionary(words => words[0], words => words[1]);
        _links = [.. JsonDocument.Parse(Text("links") is { Length: > 0 } links ? links : "[]").RootElement.EnumerateArray()];
    }

    /// <summary>The guest's clock before and after, in ns since the epoch.</summary>
    public long BeganNs { get; }

    /// <inheritdoc cref="BeganNs"/>
    public long EndedNs { get; }

    /// <summary>The names of the guest's block devices by MAJOR:MINOR.</summary>
    public IReadOnlyDictionary<string, string> Devices { get; }

    /// <summary>The devices that the cgroup has used.</summary>
    public IEnumerable<string> UsedDevices => Lines("io.stat").Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split(' ')[0]);

    /// <summary>The sizes of huge pages, as in the names of files.</summary>
    public IEnumerable<string> HugePageSizes => _files.Keys.Select(name => name.Split('.')).Where(parts => parts is ["hugetlb", _, "current"]).Select(parts => parts[1]);

    /// <summary>The interfaces of the network namespace.</summary>
    public IEnumerable<string> Interfaces => _links.Select(link => link.GetProperty("ifname").GetString()!);

    /// <summary>Reads all files of a cgroup, by its path below the root, and of the network namespace of a process.</summary>
    public static CgroupReading Read(Guest guest, string cgroup, int pid) => Read(guest, [(cgroup, pid)])[0];

    /// <summary>Reads several containers, one after the other.</summary>
    public static CgroupReading[] Read(Guest guest, IReadOnlyCollection<(string Cgroup, int Pid)> containers)
    {
        // One grep for all files: in emulation each process costs a tenth of a second.
        string script = $$"""
            read_one() {
                date +began:%s%N
                cd "/sys/fs/cgroup$1" || exit 1
                grep -sH '' cgroup.events cpu.* memory.* io.* irq.* pids.* hugetlb.* cpuset.* cgroup.stat {{string.Join(' ', PayloadFiles)}} /proc/$2/net/snmp /proc/$2/net/netstat /proc/$2/net/sockstat
                echo "links:$(nsenter -t $2 -n ip -s -j link | tr -d '\n')"
                sed -n 's/^MemTotal: *\([0-9]*\) kB/memtotal:\1/p' /proc/meminfo
                above=$1
                while [ "${above%/*}" ]; do
                    above=${above%/*}
                    sed 's/^/above.memory.max:/' "/sys/fs/cgroup$above/memory.max"
                    sed 's/^/above.cpu.max:/' "/sys/fs/cgroup$above/cpu.max"
                done 2> /dev/null
                lsblk --raw --noheadings -o MAJ:MIN,NAME | sed 's/^/devices:/'
                date +ended:%s%N
                echo
            }
            {{string.Join('\n', containers.Select(container => $"read_one '{container.Cgroup}' {container.Pid}"))}}
            """;
        return [.. guest.Run(script).Split("\n\n").Select(part => new CgroupReading(part))];
    }

    /// <summary>The cgroup of a process.</summary>
    public static string PathOf(Guest guest, int pid) => guest.Run($"sed -n 's/^0:://p' /proc/{pid}/cgroup");

    /// <summary>Whether the cgroup has this file and it can be read.</summary>
    public bool Has(string file) => _files.ContainsKey(file);

    /// <summary>The only line of a file; null if the file does not exist.</summary>
    public string? Text(string file) => Lines(file).SingleOrDefault();

    /// <summary>The number in a file; null if the file does not exist or has max.</summary>
    public long? Number(string file) => Text(file) is { } text and not "max" ? Parse(text) : null;

    /// <summary>The memory limits of the cgroups above, in bytes, without those that are max.</summary>
    public IEnumerable<long> MemoryLimitsAbove => Lines("above.memory.max").Where(line => line != "max").Select(Parse);

    /// <summary>The lines of cpu.max of the cgroups above.</summary>
    public IEnumerable<string> CpuLimitsAbove => Lines("above.cpu.max");

    /// <summary>The number after a key in a file with one key and number per line; null if it is absent.</summary>
    public long? Keyed(string file, string key) => Line(file, key) is { } value ? Parse(value) : null;

    /// <summary>The number after KEY= in the line of a device (MAJOR:MINOR) of io.stat.</summary>
    public long? Io(string device, string key) => Keyed("io.stat", device, key);

    /// <summary>The number after KEY= in the line of a device, or of memory.numa_stat's key; null if it is absent or max.</summary>
    public long? Keyed(string file, string line, string key) => Line(file, line) is { } rest && ValueOf(rest, key) is { } value and not "max" ? Parse(value) : null;

    /// <summary>
    /// The number after KEY= in a line of a pressure file. <paramref name="resource"/> is cpu, memory, io or irq, <paramref name="who"/>
    /// is some or full, <paramref name="key"/> is total (µs) or an average.
    /// </summary>
    public double? Pressure(string resource, string who, string key) =>
        Line(resource + ".pressure", who) is { } line && ValueOf(line, key) is { } value ? double.Parse(value, CultureInfo.InvariantCulture) : null;

    /// <summary>A counter of an interface by its name in ip(8); <paramref name="direction"/> is rx or tx.</summary>
    public long? Link(string name, string direction, string counter) =>
        _links.Single(link => link.GetProperty("ifname").GetString() == name).GetProperty("stats64").GetProperty(direction).GetProperty(counter).GetInt64();

    /// <summary>A counter of the namespace's snmp or netstat file, which has a line of names above each line of numbers.</summary>
    public long? Protocol(string file, string protocol, string counter)
    {
        string[][] lines = [.. Lines(file).Select(line => line.Split(' ')).Where(words => words[0] == protocol + ":")];
        return Parse(lines[1][Array.IndexOf(lines[0], counter)]);
    }

    /// <summary>A number of the namespace's sockstat file.</summary>
    public long? Sockets(string protocol, string key)
    {
        string[] words = Line("sockstat", protocol + ":")!.Split(' ');
        return Parse(words[Array.IndexOf(words, key) + 1]);
    }

    private static string? ValueOf(string fields, string key) =>
        fields.Split(' ').SingleOrDefault(field => field.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..];

    private static long Parse(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private string? Line(string file, string key) =>
        Lines(file).SingleOrDefault(line => line.StartsWith(key + " ", StringComparison.Ordinal))?[(key.Length + 1)..];

    private List<string> Lines(string file) => _files.GetValueOrDefault(file) ?? [];
}
