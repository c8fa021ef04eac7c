namespace NsCollector.Telemetry;

/// <summary>
/// Counts events by kind since the start. Thread-safe; allocates nothing. Every failure of the agent is counted here, so that
/// none stays invisible.
/// </summary>
internal sealed class AgentCounters
{
    private readonly long[] _counts = new long[(int)AgentCounter.Count];

    /// <summary>Adds <paramref name="count"/> events of a kind.</summary>
    public void Add(AgentCounter counter, long count = 1) => Interlocked.Add(ref _counts[(int)counter], count);

    /// <summary>The number of events of a kind so far.</summary>
    public long this[AgentCounter counter] => Interlocked.Read(ref _counts[(int)counter]);
}
