using System.Collections.Immutable;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>What the kernel says about the network of a container. Immutable.</summary>
/// <param name="IsHost">Whether it is in the host's network namespace.</param>
/// <param name="Interfaces">Its interfaces with an address that lead out; empty in the host's namespace.</param>
internal sealed record NetworkReading(bool IsHost, ImmutableArray<InterfaceAddresses> Interfaces)
{
    /// <summary>A container whose process has exited, or cannot be read.</summary>
    internal static NetworkReading Nothing { get; } = new(false, []);

    /// <summary>A container in the host's network namespace.</summary>
    internal static NetworkReading Host { get; } = new(true, []);
}
