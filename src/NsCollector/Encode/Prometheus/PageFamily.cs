using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;

namespace NsCollector.Encode.Prometheus;

/// <summary>All series with one name, which must be adjacent on a page.</summary>
internal sealed class PageFamily
{
    private PageFamily(string name, string help, bool isCounter, PageOwner owner, ImmutableArray<PageSource> sources)
    {
        Name = name;
        Owner = owner;
        Sources = sources;
        HasExits = sources.Any(source => source.Part == SamplePart.Exit);
        IsOfMachine = owner == PageOwner.Host && name.StartsWith("machine_", StringComparison.Ordinal);
        HasTimestamps = !name.StartsWith("container_spec_", StringComparison.Ordinal) && name is not ("container_start_time_seconds" or "container_creation_time_seconds");
        NameBytes = Encoding.ASCII.GetBytes(name);
        string escaped = help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

        // As node_exporter does, which does not know which of them are counters.
        bool isUntyped = name.StartsWith("node_vmstat_", StringComparison.Ordinal);
        Head = Encoding.UTF8.GetBytes($"# HELP {name} {escaped}\n# TYPE {name} {(isUntyped ? "untyped" : isCounter ? "counter" : "gauge")}\n");

        // OpenMetrics 1.0: the series of a counter must end with _total. A cAdvisor counter without that end has the type unknown.
        bool isTotal = name.EndsWith("_total", StringComparison.Ordinal);
        string family = isCounter && isTotal ? name[..^"_total".Length] : name;
        string type = isUntyped ? "unknown" : isCounter ? isTotal ? "counter" : "unknown" : "gauge";
        OpenMetricsHead = Encoding.UTF8.GetBytes($"# HELP {family} {escaped.Replace("\"", "\\\"", StringComparison.Ordinal)}\n# TYPE {family} {type}\n");
    }

    /// <summary>The families of a page without options, in the order of the catalogue's measurements.</summary>
    internal static ImmutableArray<PageFamily> All { get; } = Build(new PageOptions());

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

    /// <summary>Whether its series have the labels of the machine, as in cAdvisor.</summary>
    internal bool IsOfMachine { get; }

    internal byte[] NameBytes { get; }

    /// <summary>The lines before its series in the text format (prometheus.io/docs/instrumenting/exposition_formats).</summary>
    internal byte[] Head { get; }

    /// <summary>The same in OpenMetrics.</summary>
    internal byte[] OpenMetricsHead { get; }

    /// <summary>The families of a page.</summary>
    internal static ImmutableArray<PageFamily> Of(PageOptions options) => 
        options.HasNodeNames || options.HasLimits || options.HasMemoryDetail || options.HasTcpDetail || !options.Selection.ShowsAllMetrics ? Build(options) : All;

    // The text of memory.stat has no families.
    private static bool IsServed(SamplePart part, PageOptions options) => part switch
    {
        SamplePart.MemoryStat => false,
        SamplePart.Limits or SamplePart.LimitDevices or SamplePart.LimitHugetlb => options.HasLimits,
        SamplePart.MemoryDetail or SamplePart.MemoryNodes or SamplePart.MiscResources => options.HasMemoryDetail,
        _ => true,
    };

    private static ImmutableArray<PageFamily> Build(PageOptions options)
    {
        var order = new List<string>();
        var byName = new Dictionary<string, (string Help, bool IsCounter, PageOwner Owner, List<PageSource> Sources)>();
        foreach (Measurement measurement in MetricCatalogue.Measurements)
        {
            if ((measurement.IsOfEvent && measurement.Part != SamplePart.Exit) || !IsServed(measurement.Part, options)) continue;
            PageOwner owner = measurement.IsOfHost ? PageOwner.Host
                : measurement.Part == SamplePart.Exit ? PageOwner.Exit
                : measurement.Part == SamplePart.Agent ? PageOwner.Agent
                : measurement.Part == SamplePart.AgentSink ? PageOwner.Sink : PageOwner.Container;
            foreach (Field field in measurement.Fields)
            {
                foreach ((string name, string help, bool isCounter, PageSource source) in PageSource.Of(measurement, field, options.HasNodeNames))
                {
                    if (!options.Selection.Shows(source.OwnName, name)) continue;
                    PageOwner of = source.IsOfRoot ? PageOwner.Container : owner;
                    if (!byName.TryGetValue(name, out var family))
                    {
                        order.Add(name);
                        byName[name] = family = (help, isCounter, of, []);
                    }

                    bool isSameOwner = family.Owner == of || (family.Owner, of) == (PageOwner.Container, PageOwner.Exit);
                    if (family.IsCounter != isCounter || !isSameOwner) throw new InvalidOperationException($"{name} is of two types.");
                    family.Sources.Add(source);
                }
            }
        }

        if (options.HasTcpDetail && options.Selection.Shows(ContainerTcpFields.AdvancedFamily) && byName.TryGetValue(ContainerTcpFields.AdvancedFamily, out var advanced)) advanced.Sources.AddRange(PageSource.TcpDetails);
        if (options.HasNodeNames) AddTime("node_time_seconds", "When the host was sampled, in seconds since the epoch.", PageOwner.Host, PageSource.LastSeen);
        AddTime("container_creation_time_seconds", "When the container's cgroup was created, in seconds since the epoch; absent if the agent started later.", PageOwner.Container, PageSource.Created);
        AddTime("container_last_seen", "When the container was last sampled, in seconds since the epoch.", PageOwner.Container, PageSource.LastSeen);
        AddTime("container_exit_time_seconds", "When the container exited, in seconds since the epoch. Exits stay for http.exits_kept.", PageOwner.Exit, PageSource.Exited);
        return [.. order.Select(name => new PageFamily(name, byName[name].Help, byName[name].IsCounter, byName[name].Owner, [.. byName[name].Sources]))];

        void AddTime(string name, string help, PageOwner owner, PageSource source)
        {
            if (!options.Selection.Shows(name)) return;
            order.Insert(0, name);
            byName[name] = (help, false, owner, [source]);
        }
    }
}
