namespace NsCollector.Serve.Docker.Containers;

/// <summary>A container of podman: what the listing of its store says, completed by its OCI bundle.</summary>
/// <param name="bundle">The bundle.</param>
internal sealed class ListedSource(DetailsSource bundle) : DetailsSource
{
    private ContainerDetails? _listed;
    private ContainerDetails? _other;
    private ContainerDetails _both = ContainerDetails.Unknown;

    /// <summary>What the listing says, as of its last version.</summary>
    internal ContainerDetails Listed { get; set; } = ContainerDetails.Unknown;

    /// <inheritdoc/>
    internal override ContainerDetails Read()
    {
        ContainerDetails other = bundle.Read();
        if (ReferenceEquals(_listed, Listed) && ReferenceEquals(_other, other)) return _both;
        _listed = Listed;
        _other = other;
        return _both = other with
        {
            Name = Listed.Name ?? other.Name,
            State = Listed.State,
            Image = Listed.Image ?? other.Image,
            ImageId = Listed.ImageId ?? other.ImageId,
            CreatedNs = Listed.CreatedNs != 0 ? Listed.CreatedNs : other.CreatedNs,
        };
    }
}
