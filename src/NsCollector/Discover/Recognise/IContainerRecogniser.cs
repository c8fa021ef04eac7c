namespace NsCollector.Discover.Recognise;

/// <summary>Recognises the containers of one family of runtimes by their cgroup paths.</summary>
/// <remarks>
/// The tail of the path decides, so that a runtime inside a container is found as well. A cgroup inside a container (crun's
/// <c>container</c>, the services of a container's own systemd) is a container only if its own tail is one's. Paths are
/// hostile: the owner of a delegated cgroup can choose any names in it. No path makes a recogniser throw.
/// </remarks>
internal interface IContainerRecogniser
{
    /// <summary>Whether the cgroup is a container of this family.</summary>
    /// <param name="path">The path below the hierarchy's root, with a leading slash.</param>
    /// <param name="container">What the path says; default if it is not a container of this family.</param>
    bool TryRecognise(string path, out RecognisedContainer container);

    /// <summary>The names of cgroups in which these runtimes create containers. They are watched for births before others.</summary>
    IReadOnlyList<string> ParentNames => [];
}
