using System.Globalization;
using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>A second, simple parser of /proc/PID/net for comparison: splits at spaces and uses explicit column numbers.</summary>
internal static class NetworkFiles
{
    /// <summary>net/dev: for each interface its sixteen numbers.</summary>
    internal static Dictionary<string, long[]> Interfaces(string dev)
    {
        var interfaces = new Dictionary<string, long[]>();
        foreach (string line in dev.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            string[] parts = line.Split(':', 2);
            interfaces.Add(
                parts[0].TrimStart(' '),
                parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray());
        }

        return interfaces;
    }

    /// <summary>net/snmp or net/netstat: by <c>Tcp.ActiveOpens</c>.</summary>
    internal static Dictionary<string, long> Headed(string text)
    {
        var values = new Dictionary<string, long>();
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i + 1 < lines.Length; i += 2)
        {
            string[] headings = lines[i].Split(' ');
            string[] numbers = lines[i + 1].Split(' ');
            for (int column = 1; column < headings.Length; column++)
                values[headings[0].TrimEnd(':') + "." + headings[column]] = long.Parse(numbers[column], CultureInfo.InvariantCulture);
        }

        return values;
    }

    /// <summary>net/sockstat: by <c>TCP.inuse</c>.</summary>
    internal static Dictionary<string, long> Sockstat(string text)
    {
        var values = new Dictionary<string, long>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            for (int i = 1; i + 1 < words.Length; i += 2)
                values[words[0].TrimEnd(':') + "." + words[i]] = long.Parse(words[i + 1], CultureInfo.InvariantCulture);
        }

        return values;
    }

    /// <summary>net/snmp6: by <c>Udp6InDatagrams</c>.</summary>
    internal static Dictionary<string, long> Pairs(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));

    /// <summary>The readings of each interface, in the reported columns of net/dev.</summary>
    internal static Dictionary<string, long[]> Interfaces(RowTable table)
    {
        var interfaces = new Dictionary<string, long[]>();
        for (int i = 0; i < table.Count; i++)
        {
            ReadingSet readings = table[i].Readings;
            interfaces.Add(
                System.Text.Encoding.UTF8.GetString(table[i].Key),
                Enumerable.Range((int)Reading.NetworkRxBytes, 10).Select(r => readings.Has((Reading)r) ? readings[(Reading)r] : -1).ToArray());
        }

        return interfaces;
    }

    /// <summary>The ten reported columns of the sixteen in net/dev, in the order of <see cref="Reading"/>.</summary>
    internal static long[] Reported(long[] columns) =>
        [columns[0], columns[1], columns[2], columns[3], columns[8], columns[9], columns[10], columns[11], columns[7], columns[13]];

    /// <summary>net/dev in the shape of <see cref="Interfaces(RowTable)"/>, without <c>lo</c>.</summary>
    internal static Dictionary<string, long[]> ReportedInterfaces(string dev) =>
        Interfaces(dev).Where(i => i.Key != "lo").ToDictionary(i => i.Key, i => Reported(i.Value));
}
