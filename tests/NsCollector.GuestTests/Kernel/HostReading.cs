using System.Globalization;

namespace NsCollector.GuestTests.Kernel;

/// <summary>The kernel's values of the host at one moment, read by grep, with none of the agent's code.</summary>
internal sealed class HostReading
{
    private readonly Dictionary<string, List<string>> _files = [];

    private HostReading(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // The output of grep: file, colon, line.
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = Path.GetFileName(line[..colon]);
            if (!_files.TryGetValue(name, out List<string>? lines)) _files[name] = lines = [];
            lines.Add(line[(colon + 1)..]);
        }

        TimeNs = long.Parse(_files["time"][0], CultureInfo.InvariantCulture);
    }

    /// <summary>The guest's clock after the last file, in ns since the epoch.</summary>
    public long TimeNs { get; }

    /// <summary>Reads all files.</summary>
    public static HostReading Read(Guest guest) =>
        new(guest.Run("grep -sH '' /proc/loadavg /proc/pressure/* /proc/1/net/dev /proc/diskstats /proc/vmstat /proc/stat /proc/meminfo; echo time:$(date +%s%N)"));

    /// <summary>The resources with a pressure file.</summary>
    public IEnumerable<string> Resources => ((string[])["cpu", "memory", "io", "irq"]).Where(_files.ContainsKey);

    /// <summary>A number of a pressure file, for example the total of "some"; null if the file has no such line.</summary>
    public double? Pressure(string resource, string who, string key) =>
        _files[resource].SingleOrDefault(line => line.StartsWith(who + " ", StringComparison.Ordinal)) is { } line
            ? double.Parse(line.Split(' ').Single(word => word.StartsWith(key + "=", StringComparison.Ordinal))[(key.Length + 1)..], CultureInfo.InvariantCulture)
            : null;

    /// <summary>The words of /proc/loadavg; the number of runnable tasks and of all are separate words.</summary>
    public double[] Load => [.. Numbers(_files["loadavg"][0].Replace('/', ' '))];

    /// <summary>The counters of an interface, in the order of /proc/net/dev: eight received, eight sent.</summary>
    public double[] Interface(string name) => [.. Numbers(_files["dev"].Single(line => line.TrimStart().StartsWith(name + ":", StringComparison.Ordinal)).Split(':')[1])];

    /// <summary>The counters of a disk, in the order of /proc/diskstats.</summary>
    public double[] Disk(string name) => [.. Numbers(string.Join(' ', _files["diskstats"].Select(Words).Single(words => words[2] == name)[3..]))];

    /// <summary>A number of /proc/vmstat.</summary>
    public double? Vmstat(string key) => Keyed("vmstat", key);

    /// <summary>The first number after a key of /proc/stat.</summary>
    public double? Stat(string key) => Keyed("stat", key);

    /// <summary>The ticks of all processors by mode, in the order of /proc/stat.</summary>
    public double[] CpuTicks => [.. Numbers(string.Join(' ', _files["stat"].Select(Words).Single(words => words[0] == "cpu")[1..]))];

    /// <summary>A number of /proc/meminfo, in its unit.</summary>
    public double? Meminfo(string key) => Keyed("meminfo", key + ":");

    private double? Keyed(string file, string key) => _files[file].Select(Words).SingleOrDefault(words => words[0] == key) is { } found ? double.Parse(found[1], CultureInfo.InvariantCulture) : null;

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<double> Numbers(string text) => Words(text).Select(word => double.Parse(word, CultureInfo.InvariantCulture));
}
