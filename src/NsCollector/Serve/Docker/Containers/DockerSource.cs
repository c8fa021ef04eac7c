using System.Text.Json;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>A container's config.v2.json and hostconfig.json below one of Docker's data roots.</summary>
/// <param name="root">The data root, without a trailing slash.</param>
/// <param name="id">The container's id, which <see cref="StatePlace.IsId"/> has accepted.</param>
/// <param name="documents">Reads the files.</param>
/// <param name="budget">Limits the memory for the details.</param>
internal sealed class DockerSource(string root, string id, StateDocuments documents, DetailsBudget budget) : DetailsSource, IDisposable
{
    private readonly string _configPath = $"{root}/containers/{id}/config.v2.json";
    private readonly string _hostPath = $"{root}/containers/{id}/hostconfig.json";
    private StateFileStamp? _config;
    private StateFileStamp? _host;
    private ContainerDetails? _details;
    private long _usedBytes;

    /// <summary>Whether the container's file existed at the last <see cref="Read"/>.</summary>
    internal bool Exists { get; private set; }

    /// <inheritdoc/>
    internal override ContainerDetails Read()
    {
        if (_details is { } known && _config is { } config && config.IsCurrent() && _host is { } host && host.IsCurrent()) return known;
        using JsonDocument? document = documents.Read(_configPath, out _config);
        using JsonDocument? hostDocument = documents.Read(_hostPath, out _host);
        Exists = _config is not null;
        long bytes = document is null ? 0 : (_config?.Size ?? 0) + (_host?.Size ?? 0);
        bool isOverBudget = !budget.TryChange(_usedBytes, bytes);
        _usedBytes = isOverBudget ? 0 : bytes;
        if (isOverBudget) documents.OverLimit($"{root}/containers", 1, "the memory for details (64 MiB)");
        _details = document is null || isOverBudget ? ContainerDetails.Unknown : DockerDetails.Of(Top(document), Top(hostDocument));
        return _details;
    }

    /// <inheritdoc/>
    internal override bool WriteInspect(Utf8JsonWriter writer, InspectRequest request)
    {
        using JsonDocument? config = documents.Read(_configPath, out _);
        if (config is null) return false;
        using JsonDocument? host = documents.Read(_hostPath, out _);
        var inspect = new DockerInspect(root, Top(config), Top(host), request);
        inspect.Write(writer, GraphDriverPaths.Read(root, id, Top(config), documents));
        return true;
    }

    /// <summary>Frees its part of the budget.</summary>
    public void Dispose()
    {
        budget.TryChange(_usedBytes, 0);
        _usedBytes = 0;
        _details = null;
    }

    private static StateElement Top(JsonDocument? document) => document is null ? default : new StateElement(document.RootElement);
}
