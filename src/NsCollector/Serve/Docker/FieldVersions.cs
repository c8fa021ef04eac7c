namespace NsCollector.Serve.Docker;

/// <summary>The minor versions of Docker's API from which answers have a field (moby, docs/api/version-history.md).</summary>
internal static class FieldVersions
{
    /// <summary>DNSNames of an endpoint.</summary>
    internal const int DnsNames = 44;

    /// <summary>HostConfig.Annotations in the list of containers.</summary>
    internal const int Annotations = 46;

    /// <summary>GwPriority of an endpoint.</summary>
    internal const int GatewayPriority = 48;

    /// <summary>ImageManifestDescriptor.</summary>
    internal const int ManifestDescriptor = 48;

    /// <summary>Health in the list of containers, and Storage instead of GraphDriver for images in containerd's store.</summary>
    internal const int HealthInList = 52;

    /// <summary>From here on, NetworkSettings has no addresses beside those of its networks.</summary>
    internal const int NoDefaultNetwork = 52;

    /// <summary>Before it, images have VirtualSize.</summary>
    internal const int NoVirtualSize = 44;

    /// <summary>Images have the number of their containers.</summary>
    internal const int ImageContainers = 51;

    /// <summary>From here on, events have no fields of API 1.21 and before: status, id, from.</summary>
    internal const int NoOldEventFields = 52;

    /// <summary>Disk usage by kind: ImageUsage, ContainerUsage.</summary>
    internal const int UsageByKind = 52;
}
