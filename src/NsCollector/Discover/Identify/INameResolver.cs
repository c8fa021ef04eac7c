using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Identify;

/// <summary>Knows where one family of runtimes says what its containers are called. Belongs to one thread; never throws.</summary>
internal interface INameResolver
{
    /// <summary>What is said of a container.</summary>
    /// <param name="container">What its path says. The id and the name are hostile until they were looked at.</param>
    /// <param name="cgroupPath">Its cgroup path.</param>
    /// <param name="previous">The last answer for this container: returned itself, without allocating, where nothing has changed.</param>
    /// <returns>Null where nothing is said, or no longer.</returns>
    KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous);

    /// <summary>Whether the runtime's state has a container with this id. Allocates nothing; any thread may ask.</summary>
    bool Keeps(string id) => false;
}
