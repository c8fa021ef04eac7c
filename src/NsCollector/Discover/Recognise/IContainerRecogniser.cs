namespace NsCollector.Discover.Recognise;

/// <summary>Knows one family of runtimes by the cgroup paths it makes.</summary>
/// <remarks>
/// The tail of the path decides, so that a runtime inside a container is found as well. What lies below a container (crun's
/// <c>container</c>, the services of a container's own systemd) is therefore no container unless its own tail says so.
/// Paths are hostile: whoever holds a delegated cgroup names its children as he likes. No path makes a recogniser throw.
/// </remarks>
internal interface IContainerRecogniser
{
    /// <summary>Whether the cgroup is a container of this family.</summary>
    /// <param name="path">The path below the hierarchy's root, with a leading slash.</param>
    /// <param name="container">What the path says; default where it is no container of this family.</param>
    bool TryRecognise(string path, out RecognisedContainer container);

    /// <summary>The names of cgroups in which these runtimes make containers. They are watched for births before others.</summary>
    IReadOnlyList<string> ParentNames => [];
}
