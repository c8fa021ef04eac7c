using System.Globalization;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Events;

namespace NsCollector.Serve.Docker.Events;

/// <summary>
/// Creates events from what is sampled: start, die, oom, pause, unpause and rename. It runs on the sampling thread, and allocates only if
/// something happened.
/// </summary>
/// <param name="log">Receives the events.</param>
/// <param name="idOf">The id of a container as the list of containers has it. Called on the sampling thread.</param>
internal sealed class EventRecorder(EventLog log, Func<Container, string> idOf) : ISampleConsumer
{
    private readonly Dictionary<long, KnownContainer> _known = [];
    private ContainerList? _list;

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (ReferenceEquals(containers, _list)) return;
        bool isFirst = _list is null;
        _list = containers;
        foreach (Container container in containers.Containers) Update(container, isFirst);
        containers.RemoveUnlisted(_known);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (!_known.TryGetValue(container.Key, out KnownContainer? known) || sample.State == known.State) return;
        if (sample.State == ContainerState.Paused && known.State == ContainerState.Running) Add(sample.TimestampNs, "pause", container);
        else if (sample.State == ContainerState.Running && known.State == ContainerState.Paused) Add(sample.TimestampNs, "unpause", container);
        known.State = sample.State;
    }

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        KeyValuePair<string, string>[] code = CodeOf(exit) is { } text ? [new("exitCode", text)] : [];
        Add(exit.TimestampNs, "die", container, code);
        if (_known.TryGetValue(container.Key, out KnownContainer? known)) known.IsStarted = false;
    }

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom) => Add(oom.TimestampNs, "oom", container);

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
    }

    private void Update(Container container, bool isFirst)
    {
        if (!_known.TryGetValue(container.Key, out KnownContainer? known)) _known[container.Key] = known = new KnownContainer(container);
        string? before = known.Container.Identity.Name, now = container.Identity.Name;
        if (before is not null && now is not null && before != now)
            Add(SystemClock.RealtimeNs(), "rename", container, new KeyValuePair<string, string>("oldName", "/" + before));
        known.Container = container;

        if (container.Init is not { } init) return;

        // Another process of the same life is not a start: a helper of the runtime may have been seen first. After an exit it is one.
        bool isSame = ReferenceEquals(init, known.Init);
        known.Init = init;
        if (known.IsStarted || isSame) return;
        known.IsStarted = true;
        if (!isFirst) Add(StartTimeNs(container), "start", container);
    }

    private void Add(long timeNs, string action, Container container, params ReadOnlySpan<KeyValuePair<string, string>> more) =>
        log.Add(DockerEvent.Of(timeNs, action, container, more) with { Id = idOf(container) });

    private static long StartTimeNs(Container container)
    {
        long nowNs = SystemClock.RealtimeNs();
        if (container.StartedBoottimeNs is { } startedNs) return nowNs - Math.Max(0, Libc.ClockGettime(Libc.CLOCK_BOOTTIME) - startedNs);
        return container.Birth?.RealtimeNs ?? nowNs;
    }

    private static string? CodeOf(ExitSample exit) => ExitSample.StatusOf(exit.Readings)?.ToString(CultureInfo.InvariantCulture);

    private sealed class KnownContainer(Container container)
    {
        internal Container Container { get; set; } = container;

        internal ContainerState State { get; set; }

        /// <summary>Whether its start was seen, and no exit since then.</summary>
        internal bool IsStarted { get; set; }

        /// <summary>Its last process.</summary>
        internal ProcessDirectory? Init { get; set; }
    }
}
