using NsCollector.Discover.Life;
using NsCollector.Sample.Oom;

namespace NsCollector.Sample.Events;

/// <summary>OOM kills of one container that wait, because the kernel may still log the victims.</summary>
/// <param name="oom">The OOM kills.</param>
/// <param name="sample">Their readings.</param>
/// <param name="sinceNs">When they were dequeued, on the monotonic clock.</param>
internal sealed class PendingOom(ContainerOom oom, OomSample sample, long sinceNs)
{
    private readonly List<(OomVictim Victim, long Kills)> _victims = [];

    internal ContainerOom Oom => oom;

    internal OomSample Sample => sample;

    internal long SinceNs => sinceNs;

    /// <summary>The victims, each with the number of kills that the kernel counted for it.</summary>
    internal IReadOnlyList<(OomVictim Victim, long Kills)> Victims => _victims;

    /// <summary>Kills without a known victim.</summary>
    internal long Missing { get; private set; } = oom.Kills;

    /// <summary>Adds the victims that the log has now.</summary>
    internal void ClaimFrom(OomLog log)
    {
        while (Missing > 0 && log.Claim(oom.Container, oom.WatchedSinceNs) is { } victim)
        {
            Missing--;

            // With memory.oom.group, the kernel kills the first victim twice and counts both kills.
            int known = _victims.FindIndex(other => other.Victim.Pid == victim.Pid);
            if (known >= 0) _victims[known] = (_victims[known].Victim, _victims[known].Kills + 1);
            else _victims.Add((victim, 1));
        }
    }
}
