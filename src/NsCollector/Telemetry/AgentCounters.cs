namespace NsCollector.Telemetry;

/// <summary>
/// What went wrong and how often, by kind, since the start. Any thread may count; nothing here allocates. Every failure of
/// the agent is one of these, so that none is invisible.
/// </summary>
internal sealed class AgentCounters
{
    private readonly long[] _counts = new long[(int)AgentCounter.Count];

    /// <summary>Counts one, or several.</summary>
    public void Add(AgentCounter counter, long count = 1) => Interlocked.Add(ref _counts[(int)counter], count);

    /// <summary>How often so far.</summary>
    public long this[AgentCounter counter] => Interlocked.Read(ref _counts[(int)counter]);
}
