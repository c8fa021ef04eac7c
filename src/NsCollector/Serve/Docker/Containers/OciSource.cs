using System.Text.Json;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>A container whose OCI bundle is in one of several directories.</summary>
/// <param name="id">The container's id, which <see cref="StatePlace.IsId"/> has accepted.</param>
/// <param name="places">Where its config.json may be.</param>
/// <param name="documents">Reads the files.</param>
internal sealed class OciSource(string id, Func<IReadOnlyList<StatePlace>> places, StateDocuments documents) : DetailsSource
{
    private StateFileStamp? _stamp;
    private ContainerDetails _details = ContainerDetails.Unknown;

    /// <inheritdoc/>
    internal override bool IsListed => false;

    /// <inheritdoc/>
    internal override ContainerDetails Read()
    {
        if (_stamp is { } stamp && stamp.IsCurrent()) return _details;
        _details = ContainerDetails.Unknown;
        foreach (StatePlace place in places())
        {
            if (!place.MayExist(id)) continue;
            using JsonDocument? document = documents.Read(place.PathOf(id), out _stamp);
            if (document is null) continue;
            return _details = OciDetails.Of(new StateElement(document.RootElement), id);
        }

        return _details;
    }
}
