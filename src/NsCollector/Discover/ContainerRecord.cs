using NsCollector.Discover.Identify;
using NsCollector.Discover.Life;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;

namespace NsCollector.Discover;

/// <summary>What discovery knows of one live container; the published <see cref="Container"/> is made from it.</summary>
internal sealed class ContainerRecord(long key, RecognisedContainer recognised, string path, long firstSeenMs)
{
    internal long Key { get; } = key;

    internal RecognisedContainer Recognised { get; } = recognised;

    internal string Path { get; } = path;

    /// <summary>
    /// When it, or its latest init process after the first, was first seen: from then on it is looked at more often for a
    /// while. On the monotonic clock, in milliseconds.
    /// </summary>
    internal long YoungSinceMs { get; set; } = firstSeenMs;

    /// <summary>The directories that are this container, one a hierarchy that is walked. It lives as long as one of them does.</summary>
    internal List<(CgroupTree Tree, CgroupNode Node)> Nodes { get; } = new(2);

    internal ProcessDirectory? Init { get; set; }

    /// <summary>Whether <see cref="Init"/> is process 1 of its pid namespace: then no better one will come.</summary>
    internal bool InitIsNamespaceInit { get; set; }

    internal KnownIdentity? Known { get; set; }

    /// <summary>When the name is asked for again, on the monotonic clock.</summary>
    internal long NextNameMs { get; set; }

    /// <summary>Whether an answer to that is on its way.</summary>
    internal bool IsNameAsked { get; set; }

    /// <summary>Whether that answer may be out of date when it comes.</summary>
    internal bool IsNameStale { get; set; }

    /// <summary>How many of the looks at a young container were made.</summary>
    internal int Looks { get; set; }

    /// <summary>When its processes are looked at next, on the monotonic clock; never, once its init process is certain.</summary>
    internal long NextLookMs { get; set; }

    /// <summary>Whether its init process ended between being found and being followed: it is to be looked at again soon.</summary>
    internal bool MustLook { get; set; }

    /// <summary>Whether it was there when the agent started: then whatever name it has was written long ago.</summary>
    internal bool WasThereAtStart { get; init; }

    /// <summary>Its names, as they were last put together; null before.</summary>
    internal ContainerIdentity? Identity { get; set; }

    /// <summary>Whether the filters let it through by that identity.</summary>
    internal bool IsIncluded { get; set; }

    /// <summary>What was published last; null before, and while a filter leaves it out.</summary>
    internal Container? Published { get; set; }

    /// <summary>Whether another record of the same id was published in its place.</summary>
    internal bool IsDouble { get; set; }

    /// <summary>Its life as the watch follows it.</summary>
    internal ContainerLife Life { get; } = new();

    /// <summary>When its last directory was found gone, on the monotonic clock; null while one stands.</summary>
    internal long? GoneSinceMs { get; set; }

    /// <summary>Whether it writes no more but its last point.</summary>
    internal bool HasEnded => GoneSinceMs is not null || Life.IsEmpty;

    /// <summary>Whether it is among those that the discovery thread looks at before the next walk.</summary>
    internal bool IsAttended { get; set; }
}
