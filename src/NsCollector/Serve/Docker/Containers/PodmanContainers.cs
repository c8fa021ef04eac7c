using System.Text;
using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// A containers.json of containers/storage: the podman containers of one store, with names, image and creation time. The store may also contain
/// CRI-O's (with <c>pod-id</c> in the metadata) and buildah's (without metadata), which are left out. Used by one thread.
/// </summary>
/// <param name="path">Its path.</param>
/// <param name="documents">Reads it.</param>
/// <param name="max">Maximum number of containers.</param>
internal sealed class PodmanContainers(string path, StateDocuments documents, int max)
{
    private StateFileStamp? _stamp;
    private Dictionary<string, ContainerDetails> _found = [];

    /// <summary>The containers by id, read again if the file has changed.</summary>
    internal IReadOnlyDictionary<string, ContainerDetails> Refresh()
    {
        if (_stamp is { } stamp && stamp.IsCurrent()) return _found;
        int leftOut = 0;
        using JsonDocument? document = documents.Read(path, out _stamp);
        var found = new Dictionary<string, ContainerDetails>(StringComparer.Ordinal);
        if (document is not null)
        {
            foreach (StateElement container in new StateElement(document.RootElement).Items)
            {
                if (container["id"].Text is not { } id || !StatePlace.IsId(id) || Of(container) is not { } details) continue;
                if (found.Count >= max) leftOut++;
                else found[id] = details;
            }
        }

        if (leftOut > 0) documents.OverLimit(path, leftOut, "discovery.max_containers");
        return _found = found;
    }

    private static ContainerDetails? Of(StateElement container)
    {
        if (container["metadata"].Word is not { } text) return null;
        using JsonDocument? document = StateDocuments.Parse(Encoding.UTF8.GetBytes(text));
        if (document is null) return null;
        var metadata = new StateElement(document.RootElement);
        if (metadata["image-name"].Text is not { } image || metadata["pod-id"].Exists) return null;
        string? imageId = container["image"].Word;
        return new ContainerDetails
        {
            Name = container["names"].Texts is [var name, ..] ? name : metadata["name"].Word,
            State = RunState.Stopped,
            Image = image.Length > 0 ? image : null,
            ImageId = imageId is { Length: 64 } ? "sha256:" + imageId : imageId,
            CreatedNs = container["created"].TimeNs,
        };
    }
}
