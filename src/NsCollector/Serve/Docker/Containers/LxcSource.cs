using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>A container of LXC with a configuration file, or an instance of LXD or Incus, which has none.</summary>
/// <param name="path">The configuration file; null if there is none.</param>
/// <param name="documents">Reads it.</param>
internal sealed class LxcSource(string? path, StateDocuments documents) : DetailsSource
{
    private static readonly ContainerDetails Nothing = new() { State = RunState.Stopped };

    private StateFileStamp? _stamp;
    private ContainerDetails _details = Nothing;

    /// <inheritdoc/>
    internal override ContainerDetails Read()
    {
        if (path is null || (_stamp is { } stamp && stamp.IsCurrent())) return _details;
        byte[]? text = documents.ReadBytes(path, out _stamp);
        return _details = text is null ? Nothing : LxcDetails.Of(text) with { State = RunState.Stopped };
    }
}
