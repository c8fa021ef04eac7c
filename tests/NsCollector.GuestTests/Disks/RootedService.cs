namespace NsCollector.GuestTests.Disks;

/// <summary>A systemd service with a root directory of its own: the agent takes it as a container with a disk. Disposing stops it.</summary>
internal sealed class RootedService : IDisposable
{
    private readonly Guest _guest;

    /// <summary>Starts one that sleeps.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="name">Its unit, without <c>.service</c>.</param>
    /// <param name="root">Its root directory, with <c>/bin/sleep</c>.</param>
    /// <param name="properties">More properties of systemd.exec(5).</param>
    public RootedService(Guest guest, string name, string root, params string[] properties)
    {
        _guest = guest;
        Name = name + ".service";
        guest.Run($"systemd-run --quiet --collect --unit {name} -p Type=exec -p RootDirectory={root} {string.Concat(properties.Select(property => $"-p {property} "))}/bin/sleep 3600");
    }

    /// <summary>Its unit, which is also the tag <c>container</c>.</summary>
    public string Name { get; }

    /// <summary>Its cgroup, for discovery.cgroup_paths.</summary>
    public string Cgroup => "/system.slice/" + Name;

    public void Dispose() => _guest.Run($"systemctl stop {Name} 2> /dev/null || true");
}
