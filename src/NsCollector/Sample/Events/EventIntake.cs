using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Events;

/// <summary>Hands exits and OOM kills to the consumer, and counts the containers that ended before they were sampled. For the sampling thread.</summary>
internal sealed class EventIntake(
    IContainerSource source, ISampleConsumer consumer, SampledContainers containers, EventParser readings, AgentCounters counters)
{
    // Exits of containers that were not in the list in force.
    private readonly List<(long Key, bool WasRead, bool WasLookedUp)> _unlisted = [];

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
                    ExitSample sample = readings.ParseExit(exit, container?.Totals.Readings, SystemClock.MonotonicNs());
                    consumer.AcceptExit(exit.Container, sample);
                    if (container is null) _unlisted.Add((exit.Container.Key, sample.WasRead, false));
                    else container.SetExited(sample.WasRead);
                    break;
                case ContainerOom oom:
                    ReadingSet? limits = container is { Cgroup.Carried.HasPayload: true } ? container.Cgroup.Carried.Limits : null;
                    consumer.AcceptOom(oom.Container, readings.ParseOom(oom, limits, SystemClock.MonotonicNs()));
                    break;
            }
        }

        return any;
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
