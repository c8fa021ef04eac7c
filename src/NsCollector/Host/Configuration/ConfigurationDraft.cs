using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;
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
    private readonly Dictionary<string, FileSinkOptions> _fileSinks = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _fileSinkOrder = [];
    private readonly Dictionary<string, InfluxSinkOptions> _influxSinks = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _influxSinkOrder = [];

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

    /// <summary>The file sinks in the order in which they were first named.</summary>
    internal IEnumerable<FileSinkOptions> FileSinks => _fileSinkOrder.Select(name => _fileSinks[name]);

    /// <summary>The sink of this name, made with its defaults where it is not there yet.</summary>
    internal FileSinkOptions FileSink(string name)
    {
        if (_fileSinks.TryGetValue(name, out FileSinkOptions? sink)) return sink;
        sink = new FileSinkOptions { Name = name, Path = defaultPath };
        _fileSinks.Add(name, sink);
        _fileSinkOrder.Add(name);
        return sink;
    }

    internal void SetFileSink(string name, FileSinkOptions sink)
    {
        FileSink(name);
        _fileSinks[name] = sink;
    }

    /// <summary>The InfluxDB sinks in the order in which they were first named.</summary>
    internal IEnumerable<InfluxSinkOptions> InfluxSinks => _influxSinkOrder.Select(name => _influxSinks[name]);

    /// <summary>The sink of this name, made with its defaults where it is not there yet.</summary>
    internal InfluxSinkOptions InfluxSink(string name)
    {
        if (_influxSinks.TryGetValue(name, out InfluxSinkOptions? sink)) return sink;
        sink = new InfluxSinkOptions { Name = name };
        _influxSinks.Add(name, sink);
        _influxSinkOrder.Add(name);
        return sink;
    }

    internal void SetInfluxSink(string name, InfluxSinkOptions sink)
    {
        InfluxSink(name);
        _influxSinks[name] = sink;
    }
}
