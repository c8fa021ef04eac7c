using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;

namespace NsCollector.Discover.Track;

/// <summary>A cgroup that is named like a container and is not admitted as one, at least not yet.</summary>
internal sealed class WaitingContainer(RecognisedContainer recognised, string path, string? owner, long sinceMs)
{
    internal RecognisedContainer Recognised { get; } = recognised;

    internal string Path { get; } = path;

    /// <summary>The path of the outermost container or user's manager that it is inside; null if the host's own runtimes created it.</summary>
    internal string? Owner { get; } = owner;

    /// <summary>When it was first seen, in milliseconds of the monotonic clock.</summary>
    internal long SinceMs { get; } = sinceMs;

    /// <summary>When its cgroup was created; null if that was not reported.</summary>
    internal ContainerBirth? Birth { get; init; }

    /// <summary>Its directories, one for each walked hierarchy.</summary>
    internal List<(CgroupTree Tree, CgroupNode Node)> Nodes { get; } = new(2);

    /// <summary>Whether it counts as left out by a bound.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>Whether it waits only for room among all containers.</summary>
    internal bool LacksRoom { get; set; }

    /// <summary>Whether its runtime had state of it in the poll <see cref="StatePoll"/>.</summary>
    internal bool HasState { get; set; }

    /// <summary>The number of that poll; 0 before the first.</summary>
    internal long StatePoll { get; set; }

    /// <summary>How often it was polled between walks.</summary>
    internal int Polls { get; set; }

    /// <summary>Whether it is polled between walks.</summary>
    internal bool IsPolled { get; set; }
}
