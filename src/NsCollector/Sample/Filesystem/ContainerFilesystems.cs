using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The disks of containers, for the sampling thread: passes the containers to the reading thread, and adds the published figures to
/// samples, with their age. It never waits. In a steady cycle it allocates nothing.
/// </summary>
internal sealed class ContainerFilesystems : IDisposable
{
    private readonly DiskThread _thread;
    private readonly Dictionary<long, ContainerDisk> _byKey = [];
    private ContainerDisk[] _disks = [];

    private ContainerFilesystems(DiskThread thread) => _thread = thread;

    /// <summary>Creates it, if the options turn it on.</summary>
    /// <param name="options">What is read.</param>
    /// <param name="roots">The host's procfs.</param>
    /// <param name="counters">Counts walks and failures.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="ownMemory">The memory that is charged to this process; null if it is not known.</param>
    /// <returns>Null if container_filesystem is off.</returns>
    internal static ContainerFilesystems? Create(FilesystemOptions options, HostRoots roots, AgentCounters counters, ILogger logger, OwnMemoryCgroup? ownMemory) =>
        options.Containers ? new ContainerFilesystems(new DiskThread(options, roots.Proc, counters, new RateLimitedLog(logger), ownMemory)) : null;

    /// <summary>Whether everything that is due has been read, for tests.</summary>
    internal bool IsIdle => _thread.IsIdle;

    /// <summary>Starts to read what is due. Returns immediately.</summary>
    internal void Begin(SampledContainers containers)
    {
        if (HasChanged(containers)) Update(containers);
        _thread.Begin(_disks);
    }

    /// <summary>Adds the new figures of a container to its sample.</summary>
    internal void Complete(SampledContainer container)
    {
        if (!_byKey.TryGetValue(container.Container.Key, out ContainerDisk? disk) || disk.TakeNew() is not { } published) return;
        container.Sample.FilesystemsPublished = true;
        foreach (DiskFigures figures in published)
        {
            Row row = container.Sample.Filesystems.Add(figures.Point);
            row.SetMoreKeys(figures.MoreKeys);
            row.SetTexts(figures.Texts);
            row.Readings.SetAll(figures.Readings);
            if (figures.UsedAtNs > 0) row.Readings.Set(Reading.DiskUsedAgeNs, Math.Max(0, SystemClock.MonotonicNs() - figures.UsedAtNs));
        }
    }

    /// <summary>Asks the thread to end.</summary>
    public void Dispose() => _thread.Dispose();

    private bool HasChanged(SampledContainers containers)
    {
        if (_disks.Length != containers.Count) return true;
        for (int i = 0; i < _disks.Length; i++)
        {
            if (!ReferenceEquals(_disks[i].Container, containers[i].Container)) return true;
        }

        return false;
    }

    private void Update(SampledContainers containers)
    {
        var disks = new ContainerDisk[containers.Count];
        for (int i = 0; i < disks.Length; i++)
        {
            if (_byKey.TryGetValue(containers[i].Container.Key, out ContainerDisk? disk)) disk.Container = containers[i].Container;
            else disk = new ContainerDisk(containers[i].Container);
            disks[i] = disk;
        }

        _byKey.Clear();
        foreach (ContainerDisk disk in disks) _byKey.Add(disk.Container.Key, disk);
        _disks = disks;
    }
}
