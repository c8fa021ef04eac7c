using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using NsCollector.Sample.Hardware;

namespace NsCollector.Encode.Prometheus;

/// <summary>
/// A family of cAdvisor's <c>machine_…</c> series that describe the processors, caches and memory nodes
/// (prometheus_machine.go, set cpu_topology). All are gauges. No cycle reads them, so they have no timestamps.
/// </summary>
internal sealed class MachineFamily
{
    private readonly Func<MachineHardware, IEnumerable<(List<byte> Labels, long Value)>> _series;

    private MachineFamily(string name, string help, Func<MachineHardware, IEnumerable<(List<byte> Labels, long Value)>> series)
    {
        _series = series;
        Name = name;
        Head = Encoding.ASCII.GetBytes($"# HELP {name} {help}\n# TYPE {name} gauge\n");
    }

    /// <summary>All of them.</summary>
    internal static ImmutableArray<MachineFamily> All { get; } =
    [
        new("machine_cpu_cache_capacity_bytes", "Size of a cache, in bytes. Caches that all cores of a memory node share have no core_id.", Caches),
        new("machine_node_distance", "Distance of a memory node to another one; 10 is the node itself.", Distances),
        new("machine_node_hugepages_count", "Huge pages of a memory node. The label page_size is in KiB.", HugePages),
        new("machine_node_memory_capacity_bytes", "Memory of a memory node, in bytes.", Memory),
        new("machine_thread_siblings_count", "Processors of the core to which a processor belongs.", Siblings),
    ];

    /// <summary>The name of the family and its series.</summary>
    internal string Name { get; }

    /// <summary>The lines before its series, in both formats.</summary>
    internal byte[] Head { get; }

    /// <summary>Its series, in complete lines. One that would be there twice is left out, because a client would refuse the page.</summary>
    /// <param name="hardware">The machine.</param>
    /// <param name="machineLabels">The labels that each series has.</param>
    internal ImmutableArray<byte[]> LinesOf(MachineHardware hardware, byte[] machineLabels)
    {
        var lines = ImmutableArray.CreateBuilder<byte[]>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach ((List<byte> labels, long value) in _series(hardware))
        {
            // A node with two sockets can have two cores with the same number.
            if (!known.Add(Encoding.UTF8.GetString([.. labels]))) continue;
            string comma = machineLabels.Length > 0 ? "," : "";
            lines.Add([.. Encoding.ASCII.GetBytes(Name + "{"), .. machineLabels, .. Encoding.ASCII.GetBytes(comma), .. labels, .. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"}} {value}\n"))]);
        }

        return lines.ToImmutable();
    }

    private static IEnumerable<(List<byte> Labels, long Value)> Caches(MachineHardware hardware)
    {
        foreach (HardwareNode node in hardware.Nodes)
        {
            foreach (HardwareCache cache in node.Caches) yield return (OfCache(node, "", cache), cache.SizeBytes);
            foreach (HardwareCore core in node.Cores)
            {
                foreach (HardwareCache cache in core.Caches.Concat(core.SharedCaches)) yield return (OfCache(node, Number(core.Id), cache), cache.SizeBytes);
            }
        }

        static List<byte> OfCache(HardwareNode node, string core, HardwareCache cache) =>
            Labels(node, ("core_id", core), ("level", Number(cache.Level)), ("type", cache.Type));
    }

    private static IEnumerable<(List<byte> Labels, long Value)> Distances(MachineHardware hardware)
    {
        foreach (HardwareNode node in hardware.Nodes)
        {
            // The file has one distance for each online node (node_read_distance in drivers/base/node.c).
            for (int i = 0; i < node.Distances.Length && i < hardware.Nodes.Length; i++)
                yield return (Labels(node, ("target_node_id", Number(hardware.Nodes[i].Id))), node.Distances[i]);
        }
    }

    private static IEnumerable<(List<byte> Labels, long Value)> HugePages(MachineHardware hardware) =>
        hardware.Nodes.SelectMany(node => node.HugePages.Select(pool => (Labels(node, ("page_size", Number(pool.SizeKib))), pool.Pages)));

    private static IEnumerable<(List<byte> Labels, long Value)> Memory(MachineHardware hardware) =>
        hardware.Nodes.Where(node => node.MemoryBytes is not null).Select(node => (Labels(node), node.MemoryBytes!.Value));

    private static IEnumerable<(List<byte> Labels, long Value)> Siblings(MachineHardware hardware) =>
        hardware.Nodes.SelectMany(node => node.Cores.SelectMany(core => core.Threads.Select(thread =>
            (Labels(node, ("core_id", Number(core.Id)), ("thread_id", Number(thread))), (long)core.Threads.Length))));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static List<byte> Labels(HardwareNode node, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var text = new List<byte>(64);
        SeriesLabels.Add(text, "node_id", Number(node.Id));
        foreach ((string name, string value) in more) SeriesLabels.Add(text, name, value);
        return text;
    }
}
