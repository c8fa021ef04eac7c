namespace NsCollector.Serve.Docker;

/// <summary>Limits the streams that are open at the same time. Any thread may use it.</summary>
/// <param name="max">How many may be open.</param>
internal sealed class StreamSlots(int max)
{
    private int _open;

    /// <summary>Begins a stream.</summary>
    /// <returns>False if too many are open.</returns>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= max) return true;
        Interlocked.Decrement(ref _open);
        return false;
    }

    /// <summary>Ends a stream.</summary>
    internal void Leave() => Interlocked.Decrement(ref _open);

    /// <summary>Answers a request that gets no stream.</summary>
    internal Task Refuse(DockerResponse response, CancellationToken cancellation) =>
        response.Refuse(503, $"{max} streams are open already ([docker_api] max_streams)", cancellation);
}
