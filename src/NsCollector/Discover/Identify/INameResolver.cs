using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Identify;

/// <summary>Finds the names of containers in the state of one runtime. Used by one thread; never throws.</summary>
internal interface INameResolver
{
    /// <summary>What the runtime's state says of a container.</summary>
    /// <param name="container">What its path says. The id and the name are hostile until they are validated.</param>
    /// <param name="cgroupPath">Its cgroup path.</param>
    /// <param name="previous">The last answer for this container. If nothing has changed it is returned itself, without allocating.</param>
    /// <returns>Null if the state has nothing (any more).</returns>
    KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous);

    /// <summary>Looks for new directories of the runtime's state, after a scan for daemons.</summary>
    void RefreshDirectories()
    {
    }

    /// <summary>Creates the census of the runtime's containers by state file; null if the runtime keeps no state files of stopped containers.</summary>
    IRuntimeCensus? CreateCensus(CensusContext context) => null;

    /// <summary>Whether the runtime's state has a container with this id. Allocates nothing; any thread may ask.</summary>
    bool HasState(string id) => false;
}
