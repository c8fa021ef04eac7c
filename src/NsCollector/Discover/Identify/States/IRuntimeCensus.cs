namespace NsCollector.Discover.Identify.States;

/// <summary>Counts the containers of one runtime by its state files. Used by one thread, which may hang in it; never throws.</summary>
internal interface IRuntimeCensus
{
    /// <summary>Reads what has changed since the last call, and adds the counts. If nothing has changed, it allocates nothing.</summary>
    /// <param name="live">All containers of the host that have a process.</param>
    /// <param name="draft">Receives the counts; nothing if the runtime has no state files here.</param>
    void Count(LiveContainers live, CensusDraft draft);
}
