namespace NsCollector.Serve.Docker.Containers;

/// <summary>A container's end of a network, as Docker's list of containers has it (EndpointSettings of moby api/types/network).</summary>
/// <param name="Network">The network's name.</param>
internal sealed record NetworkEndpoint(string Network)
{
    /// <summary>The network's id; empty if it was never connected.</summary>
    internal string NetworkId { get; init; } = "";

    /// <summary>The endpoint's id; empty if it is not connected.</summary>
    internal string EndpointId { get; init; } = "";

    /// <summary>The IPv4 gateway; empty if there is none.</summary>
    internal string Gateway { get; init; } = "";

    /// <summary>The IPv4 address; empty if there is none.</summary>
    internal string Address { get; init; } = "";

    /// <summary>The length of the IPv4 prefix in bits.</summary>
    internal long PrefixLength { get; init; }

    /// <summary>The IPv6 gateway; empty if there is none.</summary>
    internal string Gateway6 { get; init; } = "";

    /// <summary>The IPv6 address; empty if there is none.</summary>
    internal string Address6 { get; init; } = "";

    /// <summary>The length of the IPv6 prefix in bits.</summary>
    internal long PrefixLength6 { get; init; }

    /// <summary>The MAC address; empty if there is none.</summary>
    internal string Mac { get; init; } = "";

    /// <summary>Whether addresses were configured, even if none was chosen.</summary>
    internal bool HasAddressConfiguration { get; init; }

    /// <summary>The IPv4 address that the user chose; null if none.</summary>
    internal string? ChosenAddress { get; init; }

    /// <summary>The IPv6 address that the user chose; null if none.</summary>
    internal string? ChosenAddress6 { get; init; }
}
