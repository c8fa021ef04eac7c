namespace NsCollector.Serve.Docker.Containers;

/// <summary>Decides which containers <c>/containers/json</c> lists, in dockerd's order (moby daemon/list.go, includeContainerInList).</summary>
/// <param name="query">What is asked.</param>
/// <param name="images">The images that names refer to.</param>
internal sealed class ListFilter(ListQuery query, ImageReferences images)
{
    private readonly DockerFilters _filters = query.Filters;

    /// <summary>The containers that the filters include.</summary>
    /// <param name="entries">All containers, newest first.</param>
    internal IEnumerable<InventoryEntry> Apply(IEnumerable<InventoryEntry> entries)
    {
        bool isBefore = query.BeforeId is null;
        int listed = 0;
        foreach (InventoryEntry entry in entries)
        {
            if (!IsIncluded(entry)) continue;
            if (!isBefore)
            {
                isBefore = entry.Container.Id == query.BeforeId;
                continue;
            }

            if (entry.Container.Id == query.SinceId || (query.Limit > 0 && listed == query.Limit)) yield break;
            if (!HasState(entry) || !IsConnected(entry)) continue;
            listed++;
            yield return entry;
        }
    }

    private bool IsIncluded(InventoryEntry entry)
    {
        ContainerDetails details = entry.Details;
        if (!DockerWords.IsRunning(entry.Container.State) && !query.All && query.Limit == 0) return false;
        if (!_filters.Matches("name", entry.Container.Name) && !_filters.Matches("name", "/" + entry.Container.Name)) return false;
        return _filters.Accepts("id", id => entry.Container.Id.StartsWith(id, StringComparison.Ordinal))
            && (query.IsTask is not { } isTask || isTask == details.IsTask)
            && _filters.HasAll("label", details.Labels);
    }

    private bool HasState(InventoryEntry entry)
    {
        ContainerDetails details = entry.Details;
        bool hasEnded = !DockerWords.IsRunning(entry.Container.State) && details.StartedNs + details.FinishedNs != 0;
        return (query.ExitCodes.Count == 0 || (hasEnded && details.ExitCode is { } code && query.ExitCodes.Contains(code)))
            && _filters.IsExactly("status", DockerWords.State(entry.Container.State, details.IsBeingRemoved))
            && _filters.IsExactly("health", details.Health ?? "none");
    }

    private bool IsConnected(InventoryEntry entry)
    {
        ContainerDetails details = entry.Details;
        return _filters.Accepts("volume", volume => details.Mounts.Any(mount => volume == (mount.Name ?? mount.Source) || volume == mount.Destination))
            && _filters.Accepts("ancestor", image => images.IsImageOf(image, entry))
            && _filters.Accepts("network", name => details.Networks.Any(one => one.Network == name || one.NetworkId.StartsWith(name, StringComparison.Ordinal)))
            && (query.Published.Count == 0 || query.Published.Exists(range => details.Ports.Any(port => port.Public != 0 && range.Contains(port.Public, port.Protocol))))
            && (query.Exposed.Count == 0 || query.Exposed.Exists(range => details.Ports.Any(port => range.Contains(port.Private, port.Protocol))));
    }
}
