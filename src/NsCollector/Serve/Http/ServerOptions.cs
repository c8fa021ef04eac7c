using System.Collections.Immutable;

namespace NsCollector.Serve.Http;

/// <summary>Where a server listens, and its bounds.</summary>
/// <param name="Section">The section of the configuration, for messages.</param>
/// <param name="Listen">The addresses.</param>
/// <param name="MaxConnections">Maximum connections at the same time. Further ones are closed immediately.</param>
internal sealed record ServerOptions(string Section, ImmutableArray<ListenAddress> Listen, int MaxConnections)
{
    /// <summary>Bytes of a response that wait for a slow client; then its writer waits.</summary>
    internal int ResponseBufferBytes { get; init; } = 64 << 10;
}
