namespace NsCollector.Serve.Docker.Containers;

/// <summary>One container of the inventory, with what is known of it. Immutable.</summary>
/// <param name="Container">Its id, name and state.</param>
/// <param name="Details">What Docker's API shows of it.</param>
/// <param name="Source">The files with more; null if there are none.</param>
internal sealed record InventoryEntry(DockerContainer Container, ContainerDetails Details, DetailsSource? Source)
{
    /// <summary>Whether it is inside another container.</summary>
    internal bool IsInside { get; init; }
}
