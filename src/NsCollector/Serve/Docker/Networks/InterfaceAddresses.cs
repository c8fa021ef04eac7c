using System.Net;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>The addresses of one interface of a container. What is null or 0 is not known, or does not exist.</summary>
/// <param name="Interface">Its name, one character for each byte (Latin-1): any byte but '/', ':' and white space. Hostile.</param>
internal sealed record InterfaceAddresses(string Interface)
{
    /// <summary>Its lowest IPv4 address.</summary>
    internal IPAddress? Address { get; init; }

    /// <summary>The length of the prefix of <see cref="Address"/>, in bits.</summary>
    internal int PrefixLength { get; init; }

    /// <summary>The gateway of its IPv4 default route.</summary>
    internal IPAddress? Gateway { get; init; }

    /// <summary>Its lowest global IPv6 address.</summary>
    internal IPAddress? Address6 { get; init; }

    /// <summary>The length of the prefix of <see cref="Address6"/>, in bits.</summary>
    internal int PrefixLength6 { get; init; }

    /// <summary>The gateway of its IPv6 default route.</summary>
    internal IPAddress? Gateway6 { get; init; }

    /// <summary>The host's bridge whose subnet has its address.</summary>
    internal string? Bridge { get; init; }
}
