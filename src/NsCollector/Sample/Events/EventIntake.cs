using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Events;

/// <summary>Hands exits and OOM kills to the consumer, and counts the containers that ended before they were sampled. For the sampling thread.</summary>
internal sealed class EventIntake(
    IContainerSource source, ISampleConsumer consumer, SampledContainers containers, EventParser readings, OomIntake ooms, StartReporter starts,
    IExitTraffic traffic, AgentCounters counters, ContainerFlows? flows = null)
{
    private readonly PendingExits _pending = new(traffic);

    // Exits of containers that were not in the list in force.
    private readonly List<(long Key, bool WasRead, bool WasLookedUp)> _unlisted = [];

    /// <summary>When <see cref="ProcessPending"/> has to be called, on the monotonic clock; <see cref="long.MaxValue"/> if it has not.</summary>
    internal long PendingDueNs => Math.Min(_pending.DueNs, ooms.DueNs);

    /// <summary>Whether <see cref="ProcessPending"/> would hand over an exit.</summary>
    internal bool HasReady => _pending.HasReady(SystemClock.MonotonicNs());

    /// <summary>Hands over every queued event.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool ProcessQueued()
    {
        bool any = false;
        while (source.TryDequeueEvent(out ContainerEvent? next))
        {
            any = true;
            SampledContainer? container = containers.Find(next.Container.Key);
            switch (next)
            {
                case ContainerExit exit:
                    bool wasRead = Process(exit, container);
                    if (container is null) _unlisted.Add((exit.Container.Key, wasRead, false));
                    else container.SetExited(wasRead);
                    break;
                case ContainerOom oom:
                    ooms.Process(oom, HasPayload(container) ? container!.Cgroup.Carried.Limits : null, container?.Sample.Scalars, SystemClock.MonotonicNs());
                    break;
            }
        }

        return any;
    }

    /// <summary>Hands over the exits that waited for the last counters of interfaces, and the OOM kills that waited for the kernel's log.</summary>
    /// <param name="nowNs">On the monotonic clock; <see cref="long.MaxValue"/>: none waits any longer.</param>
    /// <returns>Whether there was one.</returns>
    internal bool ProcessPending(long nowNs)
    {
        bool anyOom = ooms.ProcessPending(nowNs);

        // Without any, the delegate is not allocated.
        bool anyExit = !_pending.IsEmpty && _pending.HandOverReady(nowNs, HandOver);
        return anyOom || anyExit;
    }

    private void HandOver(PendingExit exit, NetworkTotals totals)
    {
        exit.Sample.SetNetwork(totals, exit.Traffic.IsFinal(totals));
        flows?.CompleteExit(exit.Flows, exit.Sample);
        consumer.AcceptExit(exit.Container, exit.Sample);
        traffic.OnPublished(exit.Traffic, totals);
    }

    private static bool HasPayload(SampledContainer? container) => container is { Cgroup.Carried.HasPayload: true };

    /// <returns>Whether any total of its cgroup was read after the exit.</returns>
    private bool Process(ContainerExit exit, SampledContainer? container)
    {
        starts.End(exit.Container, container);
        long nowNs = SystemClock.MonotonicNs();
        exit = exit with { Reason = ooms.ReasonOf(exit, nowNs) };
        FinalTraffic? network = container is null ? null : traffic.OnExit(exit, container);
        if (network is null)
        {
            ExitSample without = readings.ParseExit(exit, container?.Totals.Readings, null, false, nowNs, HasPayload(container));
            flows?.CompleteExit(container?.Flows, without);
            consumer.AcceptExit(exit.Container, without);
            return without.WasRead;
        }

        NetworkTotals totals = traffic.TotalsOf(network);
        ExitSample sample = readings.ParseExit(exit, container!.Totals.Readings, totals, network.IsFinal(totals), nowNs, HasPayload(container));
        if (totals.MayBecomeWhole)
        {
            _pending.Add(new PendingExit(exit.Container, sample.Copy(), network, container!.Flows, nowNs));
        }
        else
        {
            flows?.CompleteExit(container!.Flows, sample);
            consumer.AcceptExit(exit.Container, sample);
            traffic.OnPublished(network, totals);
        }

        return sample.WasRead;
    }

    /// <summary>
    /// Looks up the containers that exited before they were in a list. Call it after each look at the newest list: a list
    /// published between the first look and the event may still have the container, so only the second look counts it as vanished.
    /// </summary>
    internal void ProcessUnlisted()
    {
        for (int i = _unlisted.Count - 1; i >= 0; i--)
        {
            (long key, bool wasRead, bool wasLookedUp) = _unlisted[i];
            if (containers.Find(key) is { } container)
            {
                container.SetExited(wasRead);
            }
            else if (!wasLookedUp)
            {
                _unlisted[i] = (key, wasRead, true);
                continue;
            }
            else
            {
                counters.Add(AgentCounter.ContainersVanished);
                if (!wasRead) counters.Add(AgentCounter.ContainersMissed);
            }

            _unlisted.RemoveAt(i);
        }
    }

    /// <summary>Forgets the exits that wait for a list, without counting them.</summary>
    internal void ClearUnlisted() => _unlisted.Clear();
}
