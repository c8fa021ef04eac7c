using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;

namespace NsCollector.Encode.Prometheus;

/// <summary>All series with one name, which must be adjacent on a page.</summary>
internal sealed class PageFamily
{
    // Not on the page: complete texts of the kernel, and the measurements of cgroup.limits and cgroup.memory_detail.
    private static readonly SamplePart[] NotServed =
    [
        SamplePart.MemoryStat, SamplePart.Limits, SamplePart.LimitDevices, SamplePart.LimitHugetlb, SamplePart.MemoryDetail, SamplePart.MemoryNodes,
        SamplePart.MiscResources,
    ];

    private PageFamily(string name, string help, bool isCounter, PageOwner owner, ImmutableArray<PageSource> sources)
    {
        Name = name;
        Owner = owner;
        Sources = sources;
        HasExits = sources.Any(source => source.Part == SamplePart.Exit);
        HasTimestamps = !name.StartsWith("container_spec_", StringComparison.Ordinal) && name is not ("container_start_time_seconds" or "container_creation_time_seconds");
        NameBytes = Encoding.ASCII.GetBytes(name);
        string escaped = help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        Head = Encoding.UTF8.GetBytes($"# HELP {name} {escaped}\n# TYPE {name} {(isCounter ? "counter" : "gauge")}\n");

        // OpenMetrics 1.0: the series of a counter must end with _total. A cAdvisor counter without that end has the type unknown.
        bool isTotal = name.EndsWith("_total", StringComparison.Ordinal);
        string family = isCounter && isTotal ? name[..^"_total".Length] : name;
        string type = isCounter ? isTotal ? "counter" : "unknown" : "gauge";
        OpenMetricsHead = Encoding.UTF8.GetBytes($"# HELP {family} {escaped.Replace("\"", "\\\"", StringComparison.Ordinal)}\n# TYPE {family} {type}\n");
    }

    /// <summary>All families of the catalogue, in the order of its measurements.</summary>
    internal static ImmutableArray<PageFamily> All { get; } = Build();

    /// <summary>The name of the family and its series.</summary>
    internal string Name { get; }

    /// <summary>The owner of its series.</summary>
    internal PageOwner Owner { get; }

    /// <summary>Its series.</summary>
    internal ImmutableArray<PageSource> Sources { get; }

    /// <summary>Whether containers that have exited have series too.</summary>
    internal bool HasExits { get; }

    /// <summary>Whether its samples have timestamps on a page with timestamps. As in cAdvisor, what is set once has none.</summary>
    internal bool HasTimestamps { get; }

    internal byte[] NameBytes { get; }

    /// <summary>The lines before its series in the text format (prometheus.io/docs/instrumenting/exposition_formats).</summary>
    internal byte[] Head { get; }

    /// <summary>The same in OpenMetrics.</summary>
    internal byte[] OpenMetricsHead { get; }

    private static ImmutableArray<PageFamily> Build()
    {
        var order = new List<string>();
        var byName = new Dictionary<string, (string Help, bool IsCounter, PageOwner Owner, List<PageSource> Sources)>();
        foreach (Measurement measurement in MetricCatalogue.Measurements)
        {
            if ((measurement.IsOfEvent && measurement.Part != SamplePart.Exit) || NotServed.Contains(measurement.Part)) continue;
            PageOwner owner = measurement.IsOfHost ? PageOwner.Host
                : measurement.Part == SamplePart.Exit ? PageOwner.Exit
                : measurement.Part == SamplePart.Agent ? PageOwner.Agent
                : measurement.Part == SamplePart.AgentSink ? PageOwner.Sink : PageOwner.Container;
            foreach (Field field in measurement.Fields)
            {
                foreach ((string name, string help, bool isCounter, PageSource source) in PageSource.Of(measurement, field))
                {
                    if (!byName.TryGetValue(name, out var family))
                    {
                        order.Add(name);
                        byName[name] = family = (help, isCounter, owner, []);
                    }

                    bool isSameOwner = family.Owner == owner || (family.Owner, owner) == (PageOwner.Container, PageOwner.Exit);
                    if (family.IsCounter != isCounter || !isSameOwner) throw new InvalidOperationException($"{name} is of two types.");
                    family.Sources.Add(source);
                }
            }
        }

        AddTime("container_creation_time_seconds", "When the container's cgroup was created, in seconds since the epoch; absent if the agent started later.", PageOwner.Container, PageSource.Created);
        AddTime("container_last_seen", "When the container was last sampled, in seconds since the epoch.", PageOwner.Container, PageSource.LastSeen);
        AddTime("container_exit_time_seconds", "When the container exited, in seconds since the epoch. Exits stay for http.exits_kept.", PageOwner.Exit, PageSource.Exited);
        return [.. order.Select(name => new PageFamily(name, byName[name].Help, byName[name].IsCounter, byName[name].Owner, [.. byName[name].Sources]))];

        void AddTime(string name, string help, PageOwner owner, PageSource source)
        {
            order.Insert(0, name);
            byName[name] = (help, false, owner, [source]);
        }
    }
}
