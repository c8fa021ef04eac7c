namespace NsCollector.Host;

/// <summary>A core without rooms: it does nothing, but starts and ends as one does.</summary>
internal sealed class IdleAgentCore : IAgentCore
{
    public long LastCycleCompletedMonotonicNs => 0;

    public string Status => "idle";

    public string? Start() => null;

    public void RequestStop()
    {
    }

    public bool WaitStopped(TimeSpan timeout) => true;

    public void Reopen()
    {
    }

    public void Dispose()
    {
    }
}
