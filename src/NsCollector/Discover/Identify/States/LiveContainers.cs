namespace NsCollector.Discover.Identify.States;

/// <summary>The containers of the host that have a process, by runtime and id.</summary>
internal sealed class LiveContainers
{
    private readonly Dictionary<(ContainerRuntime Runtime, string Id), int> _cgroups = [];

    /// <summary>Removes all containers.</summary>
    internal void Clear() => _cgroups.Clear();

    /// <summary>Adds a container. An id can occur more than once: LXC and LXD may each have a container with the same name.</summary>
    internal void Add(ContainerRuntime runtime, string id) => _cgroups[(runtime, id)] = CountOf(runtime, id) + 1;

    /// <summary>Whether a container has a process.</summary>
    internal bool Contains(ContainerRuntime runtime, string id) => _cgroups.ContainsKey((runtime, id));

    /// <summary>Number of containers with this id that have a process.</summary>
    internal int CountOf(ContainerRuntime runtime, string id) => _cgroups.GetValueOrDefault((runtime, id));
}
