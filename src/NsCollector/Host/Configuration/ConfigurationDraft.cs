using NsCollector.Deliver;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Selection;
using NsCollector.Host.Logging;
using NsCollector.Sample;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Http;

namespace NsCollector.Host.Configuration;

/// <summary>Mutable options while the sources are applied one after the other; <see cref="AgentOptions"/> is the result.</summary>
/// <param name="defaultPath">The path of a file sink without <c>path</c>.</param>
/// <param name="defaultSpoolPath">The directory of the spool without <c>path</c>.</param>
internal sealed class ConfigurationDraft(string defaultPath, string defaultSpoolPath)
{
    // By SECTION:NAME.
    private readonly Dictionary<string, SinkOptions> _sinks = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _sinkOrder = [];

    /// <summary>The path of a file sink without <c>path</c>.</summary>
    internal string DefaultPath => defaultPath;

    internal SampleOptions Sample { get; set; } = new();

    internal DiscoverOptions Discover { get; set; } = new();

    internal FilterOptions Filter
    {
        get => Discover.Filter;
        set => Discover = Discover with { Filter = value };
    }

    internal IdentityOptions Identity
    {
        get => Discover.Identity;
        set => Discover = Discover with { Identity = value };
    }

    /// <summary>The metrics of outputs without a choice of their own.</summary>
    internal OutputChoice Metrics { get; set; } = new();

    internal EncodeOptions Encode { get; set; } = new() { Host = "" };

    internal LogOptions Log { get; set; } = new();

    internal TimeSpan StopTimeout { get; set; } = AgentOptions.DefaultStopTimeout;

    internal SpoolOptions Spool { get; set; } = new() { Path = defaultSpoolPath };

    internal HttpOptions Http { get; set; } = new();

    internal DockerApiOptions DockerApi { get; set; } = new();

    /// <summary>The static tags by key. A later source replaces the value; case is ignored.</summary>
    internal Dictionary<string, string> Tags { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The sinks in the order in which they were first named.</summary>
    internal IEnumerable<SinkOptions> Sinks => _sinkOrder.Select(key => _sinks[key]);

    /// <summary>The sinks of one section.</summary>
    internal IEnumerable<SinkOptions> SinksOf(ConfigurationSection section) =>
        _sinkOrder.Where(key => key.StartsWith(section.Name + ":", StringComparison.OrdinalIgnoreCase)).Select(key => _sinks[key]);

    /// <summary>The sink with this section and name. Creates it with its defaults if it is new.</summary>
    internal SinkOptions Sink(ConfigurationSection section, string name)
    {
        string key = section.Name + ":" + name;
        if (_sinks.TryGetValue(key, out SinkOptions? sink)) return sink;
        sink = section.NewSink!(name, this);
        _sinks.Add(key, sink);
        _sinkOrder.Add(key);
        return sink;
    }

    /// <summary>Replaces the options of a sink.</summary>
    internal void SetSink(ConfigurationSection section, string name, SinkOptions sink)
    {
        Sink(section, name);
        _sinks[section.Name + ":" + name] = sink;
    }
}
