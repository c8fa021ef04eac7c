using System.Globalization;
using System.Text.Json;

namespace NsCollector.GuestTests.Kernel;

/// <summary>
/// What the guest's kernel says of a container at one moment: the files of its cgroup and its interfaces, read by cat and
/// ip(8), with none of the agent's code.
/// </summary>
internal sealed class CgroupReading
{
    private static readonly string[] Names =
    [
        "cpu.stat", "cpu.max", "cpu.weight", "cpu.pressure", "memory.current", "memory.max", "memory.peak", "memory.stat", "memory.events",
        "memory.pressure", "memory.swap.max", "io.stat", "io.pressure", "pids.current", "pids.max", "pids.peak",
    ];

    private readonly Dictionary<string, string> _files = [];
    private readonly JsonElement[] _links = [];

    private CgroupReading(string text)
    {
        foreach (string part in text.Split("\n== ").Skip(1))
        {
            int end = part.IndexOf('\n', StringComparison.Ordinal);
            _files[end < 0 ? part : part[..end]] = end < 0 ? "" : part[(end + 1)..];
        }

        BeganNs = long.Parse(_files["began"], CultureInfo.InvariantCulture);
        EndedNs = long.Parse(_files["ended"], CultureInfo.InvariantCulture);
        if (_files["links"] is { Length: > 0 } links)
            _links = [.. JsonDocument.Parse(links).RootElement.EnumerateArray()];
    }

    /// <summary>The guest's clock before and after, in ns since the epoch.</summary>
    public long BeganNs { get; }

    /// <inheritdoc cref="BeganNs"/>
    public long EndedNs { get; }

    /// <summary>
    /// Reads everything of the cgroup with this path below the root, and of the network namespace of the process.
    /// </summary>
    public static CgroupReading Take(Guest guest, string cgroup, int pid) => new("\n" + guest.Run($"""
        cd '/sys/fs/cgroup{cgroup}' || exit 1
        echo '== began'; date +%s%N
        for name in {string.Join(' ', Names)}; do echo "== $name"; cat $name; done
        echo '== links'; nsenter -t {pid} -n ip -s -j link
        echo '== ended'; date +%s%N
        """));

    /// <summary>The cgroup of a process.</summary>
    public static string PathOf(Guest guest, int pid) => guest.Read($"/proc/{pid}/cgroup")["0::".Length..];

    /// <summary>A file with one number.</summary>
    public long Number(string file) => Parse(_files[file]);

    /// <summary>A file's text.</summary>
    public string Text(string file) => _files[file];

    /// <summary>A file with a key and a number in each line.</summary>
    public long Keyed(string file, string key) => Parse(Line(file, key));

    /// <summary>The key of a device's line in io.stat; 0 where the device has no line.</summary>
    public long Io(string device, string key) =>
        _files["io.stat"].Split('\n').Any(line => line.StartsWith(device + " ", StringComparison.Ordinal)) ? Assigned(Line("io.stat", device), key) : 0;

    /// <summary>
    /// The total of a line of a pressure file, in µs: <paramref name="resource"/> is cpu, memory or io, <paramref name="who"/>
    /// is some or full.
    /// </summary>
    public long PressureTotalUs(string resource, string who) => Assigned(Line(resource + ".pressure", who), "total");

    /// <summary>A counter of an interface as ip(8) calls it; <paramref name="direction"/> is rx or tx.</summary>
    public long Link(string name, string direction, string counter) =>
        _links.Single(link => link.GetProperty("ifname").GetString() == name).GetProperty("stats64").GetProperty(direction).GetProperty(counter).GetInt64();

    private static long Assigned(string fields, string key) =>
        Parse(fields.Split(' ').Single(field => field.StartsWith(key + "=", StringComparison.Ordinal))[(key.Length + 1)..]);

    private static long Parse(string text) => long.Parse(text.AsSpan().Trim(), CultureInfo.InvariantCulture);

    private string Line(string file, string key) =>
        _files[file].Split('\n').Single(line => line.StartsWith(key + " ", StringComparison.Ordinal))[(key.Length + 1)..];
}
