using NsCollector.Deliver;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Host.Logging;
using NsCollector.Sample;

namespace NsCollector.Host.Configuration;

/// <summary>The options while the sources are laid over each other; what comes out is an <see cref="AgentOptions"/>.</summary>
/// <param name="defaultPath">The path of a file sink that names none.</param>
/// <param name="defaultSpoolPath">The directory of the spool where none is named.</param>
internal sealed class ConfigurationDraft(string defaultPath, string defaultSpoolPath)
{
    // By SECTION:NAME, and in the order in which they were first named.
    private readonly Dictionary<string, SinkOptions> _sinks = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _sinkOrder = [];

    /// <summary>The path of a file sink that names none.</summary>
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

    internal EncodeOptions Encode { get; set; } = new() { Host = "" };

    internal LogOptions Log { get; set; } = new();

    internal TimeSpan StopTimeout { get; set; } = AgentOptions.DefaultStopTimeout;

    internal SpoolOptions Spool { get; set; } = new() { Path = defaultSpoolPath };

    /// <summary>The static tags by key; a later source replaces the value, whatever the case of the key.</summary>
    internal Dictionary<string, string> Tags { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The sinks in the order in which they were first named.</summary>
    internal IEnumerable<SinkOptions> Sinks => _sinkOrder.Select(key => _sinks[key]);

    /// <summary>Those of one section.</summary>
    internal IEnumerable<SinkOptions> SinksOf(ConfigurationSection section) =>
        _sinkOrder.Where(key => key.StartsWith(section.Name + ":", StringComparison.OrdinalIgnoreCase)).Select(key => _sinks[key]);

    /// <summary>The sink of this section and name, made with its defaults where it is not there yet.</summary>
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
