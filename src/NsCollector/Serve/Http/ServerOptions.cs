using System.Collections.Immutable;

namespace NsCollector.Serve.Http;

/// <summary>Where a server listens, and its bounds.</summary>
/// <param name="Section">The section of the configuration, for messages.</param>
/// <param name="Listen">The addresses.</param>
internal sealed record ServerOptions(string Section, ImmutableArray<ListenAddress> Listen)
{
    /// <summary>How long a connection without a request stays open. It is shorter than most scrape intervals: connecting again is cheap.</summary>
    internal TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Bytes of a response that wait for a slow client; then its writer waits.</summary>
    internal int ResponseBufferBytes { get; init; } = 64 << 10;
}
