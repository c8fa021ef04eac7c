using System.Collections.Immutable;
using System.Globalization;
using NsCollector.Linux;

namespace NsCollector.Sample.Hardware;

/// <summary>
/// Reads <see cref="MachineHardware"/> from procfs and sysfs, as cAdvisor does (machine/machine.go, utils/sysinfo). Not for the sampling thread.
/// </summary>
/// <param name="roots">Where they are mounted.</param>
internal sealed class HardwareReader(HostRoots roots)
{
    private const int MaxEntries = 4096;
    private const int MaxCpuinfoBytes = 64 << 10;

    // As cAdvisor; the hosts' ends of containers' veth pairs are not the machine's.
    private static readonly string[] HiddenInterfaces = ["lo", "veth", "docker", "nerdctl", "bonding_masters"];
    private static readonly string[] HiddenDisks = ["loop", "ram", "sr"];

    /// <summary>Reads it.</summary>
    internal MachineHardware Read()
    {
        string cpuinfo = SmallFile.Text($"{roots.Proc}/cpuinfo", MaxCpuinfoBytes) ?? "", meminfo = SmallFile.Text($"{roots.Proc}/meminfo") ?? "";
        return new MachineHardware
        {
            Vendor = ValueOf(cpuinfo, "vendor_id"),
            FrequencyKhz = SmallFile.Number($"{roots.Sys}/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq") ?? FrequencyOf(cpuinfo),
            MemoryBytes = BytesOf(meminfo, "MemTotal"),
            SwapBytes = BytesOf(meminfo, "SwapTotal"),
            KernelRelease = SmallFile.Text($"{roots.Proc}/sys/kernel/osrelease"),
            OperatingSystem = OperatingSystem(),
            HugePages = HugePagesIn($"{roots.Sys}/kernel/mm/hugepages"),
            Disks = Disks(),
            Interfaces = Interfaces(),
            Nodes = Nodes(),
        };
    }

    // "MemTotal:       24683620 kB"
    private static long? BytesOf(string meminfo, string key) =>
        ValueOf(meminfo, key) is { } value && value.EndsWith(" kB", StringComparison.Ordinal)
        && long.TryParse(value.AsSpan()[..^" kB".Length], NumberStyles.None, CultureInfo.InvariantCulture, out long kib) ? kib * 1024 : null;

    private static string? ValueOf(string text, string key)
    {
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[..colon].Trim() == key) return line[(colon + 1)..].Trim();
        }

        return null;
    }

    private static long? FrequencyOf(string cpuinfo) =>
        double.TryParse(ValueOf(cpuinfo, "cpu MHz"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double megahertz) ? (long)(megahertz * 1000) : null;

    private string? OperatingSystem()
    {
        string text = SmallFile.Text($"{roots.Proc}/1/root/etc/os-release") ?? SmallFile.Text($"{roots.Proc}/1/root/usr/lib/os-release") ?? "";
        string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal));
        return line?["PRETTY_NAME=".Length..].Trim().Trim('"', '\'');
    }

    private static ImmutableArray<HugePagePool> HugePagesIn(string directory)
    {
        var pools = ImmutableArray.CreateBuilder<HugePagePool>();
        foreach (string name in SmallFile.Names(directory, MaxEntries))
        {
            const string Begin = "hugepages-", End = "kB";
            if (!name.StartsWith(Begin, StringComparison.Ordinal) || !name.EndsWith(End, StringComparison.Ordinal)) continue;
            if (!long.TryParse(name.AsSpan()[Begin.Length..^End.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long size)) continue;
            if (SmallFile.Number($"{directory}/{name}/nr_hugepages") is { } pages) pools.Add(new HugePagePool(size, pages));
        }

        return pools.ToImmutable();
    }

    private ImmutableArray<HardwareDisk> Disks()
    {
        var disks = ImmutableArray.CreateBuilder<HardwareDisk>();
        string directory = $"{roots.Sys}/block";
        foreach (string name in SmallFile.Names(directory, MaxEntries))
        {
            if (HiddenDisks.Any(hidden => name.StartsWith(hidden, StringComparison.Ordinal))) continue;
            string[] number = (SmallFile.Text($"{directory}/{name}/dev") ?? "").Split(':');
            if (number.Length != 2 || !long.TryParse(number[0], out long major) || !long.TryParse(number[1], out long minor)) continue;
            if (SmallFile.Number($"{directory}/{name}/size") is not { } sectors) continue;

            // The sectors of sysfs have 512 bytes, whatever the device's have.
            disks.Add(new HardwareDisk(name, major, minor, sectors * 512, SchedulerOf(SmallFile.Text($"{directory}/{name}/queue/scheduler"))));
        }

        return disks.ToImmutable();
    }

    // "none [mq-deadline] kyber": the one in brackets is in use.
    private static string SchedulerOf(string? text)
    {
        int begin = text?.IndexOf('[', StringComparison.Ordinal) ?? -1, end = text?.IndexOf(']', StringComparison.Ordinal) ?? -1;
        return begin >= 0 && end > begin ? text![(begin + 1)..end] : "none";
    }

    private ImmutableArray<HardwareInterface> Interfaces()
    {
        var interfaces = ImmutableArray.CreateBuilder<HardwareInterface>();
        string directory = $"{roots.Sys}/class/net";
        foreach (string name in SmallFile.Names(directory, MaxEntries))
        {
            if (HiddenInterfaces.Any(hidden => name.StartsWith(hidden, StringComparison.Ordinal))) continue;
            if (SmallFile.Number($"{directory}/{name}/mtu") is not { } mtu) continue;
            interfaces.Add(new HardwareInterface(name, SmallFile.Text($"{directory}/{name}/address") ?? "", SmallFile.Number($"{directory}/{name}/speed"), mtu));
        }

        return interfaces.ToImmutable();
    }

    private ImmutableArray<HardwareNode> Nodes()
    {
        var nodes = ImmutableArray.CreateBuilder<HardwareNode>();
        string directory = $"{roots.Sys}/devices/system/node";
        foreach (int id in SmallFile.List(SmallFile.Text($"{directory}/online"), MaxEntries))
        {
            string node = $"{directory}/node{id}";
            List<int> threads = SmallFile.List(SmallFile.Text($"{node}/cpulist"), MaxEntries);
            (ImmutableArray<HardwareCore> cores, ImmutableArray<HardwareCache> caches) = new CacheTopology(roots.Sys, threads).Read();
            nodes.Add(new HardwareNode(id, BytesOf(SmallFile.Text($"{node}/meminfo") ?? "", $"Node {id} MemTotal"), HugePagesIn($"{node}/hugepages"), cores, caches, DistancesOf($"{node}/distance")));
        }

        if (nodes.Count == 0)
        {
            // A kernel without NUMA.
            List<int> threads = SmallFile.List(SmallFile.Text($"{roots.Sys}/devices/system/cpu/online"), MaxEntries);
            (ImmutableArray<HardwareCore> cores, ImmutableArray<HardwareCache> caches) = new CacheTopology(roots.Sys, threads).Read();
            nodes.Add(new HardwareNode(0, null, [], cores, caches, []));
        }

        return nodes.ToImmutable();
    }

    private static ImmutableArray<long> DistancesOf(string path) =>
        [.. (SmallFile.Text(path) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long distance) ? distance : -1).Where(distance => distance >= 0)];
}
