namespace NsCollector.Discover.Identify.States;

/// <summary>Counts the containers of one runtime from its state files. For one thread, which may hang in a call. Never throws.</summary>
internal interface IRuntimeCensus
{
    /// <summary>Reads the files that have changed since the last call, and adds the counts. Allocates nothing if nothing has changed.</summary>
    /// <param name="live">All containers of the host that have a process.</param>
    /// <param name="draft">Receives the counts; nothing if the runtime has no state files here.</param>
    void Count(LiveContainers live, CensusDraft draft);
}
