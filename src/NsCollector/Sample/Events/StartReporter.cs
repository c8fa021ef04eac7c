using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;

namespace NsCollector.Sample.Events;

/// <summary>
/// Follows the containers that were born while the agent runs, and publishes container_start once for each. For the sampling
/// thread. After that, a container costs a comparison with null.
/// </summary>
/// <param name="options">The maximum time to wait for figures.</param>
/// <param name="consumer">Receives the starts.</param>
/// <param name="clock">CLOCK_BOOTTIME.</param>
internal sealed class StartReporter(SampleOptions options, ISampleConsumer consumer, BootClock clock)
{
    /// <summary>Maximum time to wait for the first known health: by default, a check runs every 30 s.</summary>
    private const long UnknownHealthNs = 60_000_000_000;

    /// <summary>
    /// When the init process is in its final network namespace: a runtime's helper enters the cgroup first, and the namespace a
    /// few milliseconds later.
    /// </summary>
    private const long NamespaceSettledNs = 2_000_000_000;

    private readonly long _waitNs = (long)options.StartWait.TotalNanoseconds;
    private readonly bool _readsConnections = options.Protocols && options.Network != NetworkMode.Off;
    private readonly StartSample _sample = new();

    /// <summary>Begins to follow a new container of the list, unless its birth was not detected or its start was already reported.</summary>
    internal void Begin(SampledContainer container)
    {
        if (_waitNs > 0 && container.Container.Birth is { IsReported: false } birth) container.Start = new ContainerStart(birth);
    }

    /// <summary>A container was read.</summary>
    /// <param name="container">With its new sample.</param>
    /// <param name="isElsewhere">
    /// Whether it is known to be in the network namespace of another container or of the host. Then it has no connection counters
    /// of its own, and none are awaited.
    /// </param>
    /// <returns>Whether its start was published.</returns>
    internal bool OnSampled(SampledContainer container, bool isElsewhere)
    {
        if (container.Start is not { } start) return false;
        long nowNs = clock.NowNs();
        NoteProcess(start, container.Container);
        NoteConnections(start, container.Sample, nowNs);
        long ageNs = nowNs - start.Birth.BoottimeNs;
        bool awaitsConnection = _readsConnections && start.ConnectedNs == 0 && !(isElsewhere && ageNs >= NamespaceSettledNs);
        bool isComplete = start.ProcessNs != 0 && !awaitsConnection && !AwaitsHealth(start, container.Container, nowNs);
        if (!isComplete && ageNs < _waitNs) return false;
        HandOver(container, container.Container, start);
        return true;
    }

    /// <summary>A container has exited, or the agent stops: publishes what is known, before the exit.</summary>
    /// <param name="container">As known now.</param>
    /// <param name="sampled">Null if the container is in no list.</param>
    internal void End(Container container, SampledContainer? sampled)
    {
        ContainerStart? start = sampled?.Start;
        if (start is null && sampled is null && _waitNs > 0 && container.Birth is { IsReported: false } birth) start = new ContainerStart(birth);
        if (start is null) return;
        NoteProcess(start, container);
        HandOver(sampled, container, start);
    }

    // If the runtime has not reported a health by then, it never will.
    private static bool AwaitsHealth(ContainerStart start, Container container, long nowNs) => container.State is { HasHealthCheck: true, HealthyAtNs: 0 } state
        && state.Health switch
        {
            HealthStatus.Healthy => false,
            HealthStatus.None => nowNs - start.Birth.BoottimeNs < UnknownHealthNs,
            _ => true,
        };

    private static void NoteProcess(ContainerStart start, Container container)
    {
        if (start.ProcessNs == 0 && container.StartedBoottimeNs is { } startedNs) start.ProcessNs = startedNs;
    }

    private static void NoteConnections(ContainerStart start, ContainerSample sample, long nowNs)
    {
        if (start.ConnectedNs != 0) return;
        ReadingSet protocols = sample.Protocols;
        if (!protocols.TryGet(Reading.TcpActiveOpens, out long active) || !protocols.TryGet(Reading.TcpPassiveOpens, out long passive)) return;
        if (active > 0 || passive > 0)
        {
            start.ConnectedNs = nowNs;
            return;
        }

        // The namespace was visited between the beginning of the sample and now.
        long sinceNs = Math.Clamp(SystemClock.RealtimeNs() - sample.TimestampNs, 0, Math.Max(0, nowNs - start.UnconnectedNs));
        start.UnconnectedNs = nowNs - sinceNs;
    }

    private void HandOver(SampledContainer? sampled, Container container, ContainerStart start)
    {
        if (sampled is not null) sampled.Start = null;
        start.Birth.IsReported = true;
        ReadingSet into = _sample.Readings;
        into.Clear();
        _sample.TimestampNs = start.Birth.RealtimeNs;
        long bornNs = start.Birth.BoottimeNs;

        // The kernel rounds the start of a process down to a tick.
        long processNs = start.ProcessNs - bornNs;
        if (start.ProcessNs != 0 && processNs > -BootClock.TickNs) into.Set(Reading.StartFirstProcessNs, Math.Max(0, processNs));
        if (start.ConnectedNs != 0)
        {
            into.Set(Reading.StartFirstConnectionNs, start.ConnectedNs - bornNs);
            into.Set(Reading.StartFirstConnectionMinNs, start.UnconnectedNs - bornNs);
        }

        if (container.State is { HealthyAtNs: > 0 and var healthyNs } && healthyNs >= start.Birth.RealtimeNs) into.Set(Reading.StartHealthyNs, healthyNs - start.Birth.RealtimeNs);
        consumer.AcceptStart(container, _sample);
    }
}
