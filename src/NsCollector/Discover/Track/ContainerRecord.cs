using NsCollector.Discover.Identify;
using NsCollector.Discover.Life;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;

namespace NsCollector.Discover.Track;

/// <summary>What discovery knows of one live container. The published <see cref="Container"/> is created from it.</summary>
internal sealed class ContainerRecord(long key, RecognisedContainer recognised, string path, long firstSeenMs)
{
    private (KnownIdentity Known, string OuterName, KnownIdentity Composed)? _inside;

    internal long Key { get; } = key;

    internal RecognisedContainer Recognised { get; } = recognised;

    internal string Path { get; } = path;

    /// <summary>
    /// When the container, or its latest init process after the first, was first seen: from then on it is polled more often
    /// for a while. Milliseconds of the monotonic clock.
    /// </summary>
    internal long YoungSinceMs { get; set; } = firstSeenMs;

    /// <summary>The container's directories, one for each walked hierarchy. The container exists while one of them does.</summary>
    internal List<(CgroupTree Tree, CgroupNode Node)> Nodes { get; } = new(2);

    internal ProcessDirectory? Init { get; set; }

    /// <summary>Whether <see cref="Init"/> is process 1 of its pid namespace: then it is certain.</summary>
    internal bool InitIsNamespaceInit { get; set; }

    internal KnownIdentity? Known { get; set; }

    /// <summary>When the name is requested again, in milliseconds of the monotonic clock.</summary>
    internal long NextNameMs { get; set; }

    /// <summary>Whether the name was requested and the answer has not come yet.</summary>
    internal bool IsNameRequested { get; set; }

    /// <summary>Whether that answer may be out of date when it comes, so that the name is requested again.</summary>
    internal bool IsNameStale { get; set; }

    /// <summary>How many polls of a young container have been done.</summary>
    internal int Polls { get; set; }

    /// <summary>When its processes are polled next, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/> once its init process is certain.</summary>
    internal long NextPollMs { get; set; }

    /// <summary>Until when its init process is not searched for, in milliseconds of the monotonic clock: the last search took long.</summary>
    internal long SearchNotBeforeMs { get; set; }

    /// <summary>Whether its init process ended between being found and being followed, so that it must be polled again soon.</summary>
    internal bool MustPoll { get; set; }

    /// <summary>The path of the outermost container or user's manager that it is inside; null if the host's own runtimes created it.</summary>
    internal string? Owner { get; init; }

    /// <summary>The container that it is inside; null if it is the host's, or if that one is not sampled.</summary>
    internal ContainerRecord? Outer { get; init; }

    /// <summary>When its cgroup was created; null if that was not reported.</summary>
    internal ContainerBirth? Birth { get; init; }

    /// <summary>Restart count and health from the runtime's last answer in this life.</summary>
    internal RuntimeState? State { get; set; }

    /// <summary>Whether the runtime will soon change them, so that they are requested again soon.</summary>
    internal bool IsStateAwaited { get; set; }

    /// <summary>Whether it existed when the agent started: its runtime has written its name long ago.</summary>
    internal bool ExistedAtStart { get; init; }

    /// <summary>Its identity as last composed; null before the first time.</summary>
    internal ContainerIdentity? Identity { get; set; }

    /// <summary>Whether the filters include it by that identity.</summary>
    internal bool IsIncluded { get; set; }

    /// <summary>Whether the filters exclude it by the names that it has.</summary>
    internal bool IsExcluded => Identity is not null && !IsIncluded;

    /// <summary>What was published last; null before the first time, and while a filter excludes it.</summary>
    internal Container? Published { get; set; }

    /// <summary>Whether another record with the same id is published instead.</summary>
    internal bool IsDuplicate { get; set; }

    /// <summary>Its current life, as the watch follows it.</summary>
    internal ContainerLife Life { get; } = new();

    /// <summary>When its last directory was found gone, in milliseconds of the monotonic clock; null while one exists.</summary>
    internal long? GoneSinceMs { get; set; }

    /// <summary>Whether nothing but its last point is written from now on.</summary>
    internal bool HasEnded => GoneSinceMs is not null || Life.IsEmpty;

    /// <summary>Whether it is in <see cref="PendingContainers"/>.</summary>
    internal bool IsPending { get; set; }

    /// <summary>What its path and its runtime tell, as an identity. The same object as before if nothing has changed.</summary>
    internal ContainerIdentity ComposeIdentity() => (Outer is null ? Known ?? KnownIdentity.Nothing : KnownInside(Outer)).Identify(Recognised, Identity);

    /// <summary>The container as it is published under an identity.</summary>
    internal Container ToContainer(ContainerIdentity identity, string? idTag = null) => new(Key, identity, Path, Init, idTag) { Birth = Birth, State = State };

    /// <summary>
    /// Behind the name of the outer container: whoever owns that one can call its containers as it likes, also like
    /// containers of the host.
    /// </summary>
    private KnownIdentity KnownInside(ContainerRecord outer)
    {
        if (Known is not { Name: { } name }) return Known ?? KnownIdentity.Nothing;
        string outerName = (outer.Identity ?? outer.ComposeIdentity()).DisplayName;
        if (_inside is not { } inside || !ReferenceEquals(inside.Known, Known) || inside.OuterName != outerName)
            _inside = inside = (Known, outerName, Known with { Name = outerName + "/" + name });
        return inside.Composed;
    }
}
