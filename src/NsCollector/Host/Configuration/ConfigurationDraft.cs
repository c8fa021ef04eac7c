using NsCollector.Deliver.File;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Host.Logging;
using NsCollector.Sample;

namespace NsCollector.Host.Configuration;

/// <summary>The options while the sources are laid over each other; what comes out is an <see cref="AgentOptions"/>.</summary>
internal sealed class ConfigurationDraft(string defaultPath)
{
    private readonly Dictionary<string, FileSinkOptions> _fileSinks = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _fileSinkOrder = [];

    internal SampleOptions Sample { get; set; } = new();

    internal DiscoverOptions Discover { get; set; } = new();

    internal FilterOptions Filter
    {
        get => Discover.Filter;
        set => Discover = Discover with { Filter = value };
    }

    internal EncodeOptions Encode { get; set; } = new() { Host = "" };

    internal LogOptions Log { get; set; } = new();

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
}
