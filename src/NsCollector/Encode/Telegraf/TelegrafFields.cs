using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Telegraf;

/// <summary>All fields of Telegraf's schema, as <c>measurement.field</c>.</summary>
internal static class TelegrafFields
{
    // The encoder computes these; no row of the catalogue has them.
    private static readonly (string Measurement, string[] Fields)[] Computed =
    [
        ("docker", ["n_containers", "n_containers_running", "n_containers_paused", "n_containers_stopped"]),
        ("docker_container_status", ["container_id", "pid", "exitcode", "restart_count", "started_at", "finished_at"]),
        ("docker_container_mem", ["container_id", "usage", "usage_percent", .. MemoryStatFields.All]),
        ("docker_container_cpu", ["container_id", "usage_system"]),
        ("docker_container_net", ["container_id"]),
        ("docker_container_blkio", ["container_id", "io_service_bytes_recursive_total", "io_serviced_recursive_total"]),
        ("cpu", ["time_active", "usage_active", .. CpuShares.All]),
        ("mem", ["active", "inactive", "cached", "slab", "available_percent", "used", "used_percent"]),
        ("swap", ["used", "used_percent", "in", "out"]),
        ("system", ["uptime"]),
        ("disk", ["used_percent", "inodes_free", "inodes_used_percent"]),
    ];

    /// <summary>The fields, each once, with the names in docs/metrics.md of the fields that it shows; none if it is computed.</summary>
    internal static ImmutableArray<(string Name, ImmutableArray<string> OwnNames)> All { get; } = Build();

    private static ImmutableArray<(string Name, ImmutableArray<string> OwnNames)> Build()
    {
        var byName = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (Measurement own in MetricCatalogue.Measurements)
        {
            foreach (Field field in own.Fields)
            {
                foreach (TelegrafField telegraf in field.Telegraf) NamesOf(telegraf.Measurement + "." + telegraf.Name).Add(OutputSelection.NameOf(own, field));
            }
        }

        foreach ((string measurement, string[] fields) in Computed)
        {
            foreach (string field in fields) NamesOf(measurement + "." + field);
        }

        return [.. byName.Select(one => (one.Key, one.Value.Distinct().ToImmutableArray()))];

        List<string> NamesOf(string name)
        {
            if (!byName.TryGetValue(name, out List<string>? names)) byName[name] = names = [];
            return names;
        }
    }
}
