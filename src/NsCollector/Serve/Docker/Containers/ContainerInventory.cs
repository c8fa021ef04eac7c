using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// The containers of all runtimes: those of the last cycle, and those without a process that the runtimes' files list. The thread of a request
/// reads it, at most every 250 ms. If a disk hangs, one request hangs; others get the last list.
/// </summary>
internal sealed class ContainerInventory : IDockerContainers
{
    private const long MaxAgeNs = 250_000_000;

    private readonly InventorySources _sources;
    private readonly LatestSamples _samples;
    private readonly ContainerFilter _filter;
    private readonly ContainerRecognisers _recognisers;
    private readonly LiveDetails _liveDetails;
    private readonly FileReadLock _lock = new();
    private volatile InventoryList _list = new([]);
    private long _readNs = long.MinValue / 2;

    /// <param name="sources">The runtimes' files.</param>
    /// <param name="samples">The samples of the last cycle.</param>
    /// <param name="options">Which containers are shown, and how cgroup paths are recognised.</param>
    /// <param name="roots">Where the host's procfs is.</param>
    internal ContainerInventory(InventorySources sources, LatestSamples samples, DiscoverOptions options, HostRoots roots)
    {
        _sources = sources;
        _samples = samples;
        _filter = new ContainerFilter(options.Filter);
        _recognisers = new ContainerRecognisers(options, SystemdRoot.Find(roots));
        _liveDetails = new LiveDetails(roots);
    }

    /// <inheritdoc/>
    public ImmutableArray<DockerContainer> All() => Current().Containers;

    /// <inheritdoc/>
    public DockerContainerMatch Find(string reference) => Current().Find(reference);

    /// <summary>
    /// The id of a running container, as the list has it unless another container has taken it. It reads no files, so that the sampling thread may
    /// call it. Any thread may call it.
    /// </summary>
    internal string IdOf(Container container) => DockerId.Of(container.Identity.Runtime, OwnIdOf(container, _recognisers.IsBelowContainer(container.CgroupPath)));

    /// <summary>The list, not older than 250 ms unless a disk hangs.</summary>
    internal InventoryList Current()
    {
        if (SystemClock.MonotonicNs() - Volatile.Read(ref _readNs) < MaxAgeNs || !_lock.TryEnter()) return _list;
        try
        {
            if (SystemClock.MonotonicNs() - _readNs < MaxAgeNs) return _list;
            InventoryList list = Read();
            _list = list;
            Volatile.Write(ref _readNs, SystemClock.MonotonicNs());
            return list;
        }
        finally
        {
            _lock.Exit();
        }
    }

    private InventoryList Read()
    {
        LiveContainer[] live = Live(out ExitTable exits);
        _liveDetails.Begin();
        var names = new InventoryNames();
        List<InventoryEntry> entries = [];
        foreach (IRuntimeContainers runtime in _sources.Runtimes) AddRuntime(runtime, live, exits, names, entries);
        foreach (LiveContainer container in live)
        {
            if (!container.IsInside && !HasFiles(container.Container.Identity.Runtime)) entries.Add(EntryOf(container, null, names));
        }

        // Last, because their owners choose their ids: those of the host's containers are taken by now.
        foreach (LiveContainer container in live)
        {
            if (container.IsInside) entries.Add(EntryOf(container, null, names));
        }

        return new InventoryList(entries);
    }

    private bool HasFiles(ContainerRuntime runtime) => _sources.Runtimes.Any(one => one.Runtime == runtime);

    private LiveContainer[] Live(out ExitTable exits)
    {
        LatestCycle cycle = _samples.Acquire();
        try
        {
            exits = new ExitTable(cycle.Exits);
            List<LiveContainer> live = [];
            foreach (LatestContainer latest in cycle.Containers)
            {
                if (latest.HasExited || latest.Container.IsParent) continue;
                live.Add(new LiveContainer(latest.Container, cycle.SampleOf(latest)?.State ?? default, _recognisers.IsBelowContainer(latest.Container.CgroupPath)));
            }

            return [.. live.OrderBy(one => one.Container.CgroupPath, StringComparer.Ordinal)];
        }
        finally
        {
            _samples.Release(cycle);
        }
    }

    private void AddRuntime(IRuntimeContainers runtime, LiveContainer[] all, ExitTable exits, InventoryNames names, List<InventoryEntry> entries)
    {
        LiveContainer[] live = [.. all.Where(one => !one.IsInside && one.Container.Identity.Runtime == runtime.Runtime)];
        var listed = new Dictionary<string, DetailsSource>(StringComparer.Ordinal);
        runtime.List([.. live.Select(one => one.Container)], listed);
        foreach (LiveContainer container in live)
        {
            listed.Remove(container.Container.Identity.Id, out DetailsSource? source);
            entries.Add(EntryOf(container, source, names));
        }

        foreach ((string id, DetailsSource source) in listed)
        {
            ContainerDetails details = exits.Complete(source.Read(), runtime.Runtime, id);
            var identity = new ContainerIdentity(runtime.Runtime, id, details.Name, details.Image);
            if (!_filter.Includes(identity)) continue;
            if (runtime.Runtime != ContainerRuntime.Docker) details = details with { Labels = LiveDetails.LabelsOf(identity, details) };
            string whole = names.AddId(runtime.Runtime, id);
            string name = names.AddName(runtime.Runtime, details.Name ?? identity.DisplayName, whole);
            entries.Add(NewEntry(whole, name, null, details, source));
        }
    }

    private InventoryEntry EntryOf(in LiveContainer live, DetailsSource? source, InventoryNames names)
    {
        ContainerIdentity identity = live.Container.Identity;
        ContainerDetails details = _liveDetails.Of(live, source?.Read() ?? ContainerDetails.Unknown);

        // The owner of an outer container may choose any id, and two runtimes the same name.
        string id = names.AddId(identity.Runtime, OwnIdOf(live.Container, live.IsInside));
        string name = names.AddName(identity.Runtime, details.Name ?? identity.DisplayName, id);
        return NewEntry(id, name, live.Container, details, source) with { IsInside = live.IsInside };
    }

    private static InventoryEntry NewEntry(string id, string name, Container? live, ContainerDetails details, DetailsSource? source)
    {
        string? image = InventoryNames.Plain(details.Image);
        if (image != details.Image) details = details with { Image = image };
        var container = new DockerContainer(id, name, details.State, live) { HasState = source is { IsListed: true }, Image = image, CreatedNs = details.CreatedNs };
        return new InventoryEntry(container, details, source);
    }

    private static string OwnIdOf(Container container, bool isInside) =>
        isInside && !OciId.Is(container.Identity.Id) ? container.CgroupPath : container.Identity.Id;
}
