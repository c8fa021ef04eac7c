using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Track;

/// <summary>
/// Decides whether and as what a container is published: not before its names and its init process are known or have
/// been waited for, and only if the filters include it. For the discovery thread.
/// </summary>
internal sealed class PublicationRule(ContainerFilter filter, NameTracker names, LifeTracker? lives, ContainerPublication publication)
{
    /// <summary>How long a young container is held back until its init process is found, in milliseconds.</summary>
    private const long HoldForInitMs = 1_000;

    /// <summary>How long it is held back for process 1 of a pid namespace once another process was found, in milliseconds.</summary>
    private const long HoldForNamespaceInitMs = 100;

    /// <summary>Composes the container's names, asks the filters, and sets what is published of it.</summary>
    internal void Decide(ContainerRecord record, long nowMs)
    {
        if (IsHeldBack(record, nowMs)) return;
        ContainerIdentity identity = record.ComposeIdentity();
        if (ReferenceEquals(identity, record.Identity))
        {
            if (record.Published is null ? !record.IsIncluded : IsAsPublished(record, record.Published)) return;
        }
        else
        {
            record.Identity = identity;
            record.IsIncluded = filter.Includes(identity);
            if (record.IsIncluded) lives?.Watch(record);
            else lives?.Unwatch(record);
        }

        if (record.Published is null && record.IsIncluded) publication.MarkNew();
        if (record.Published is not null || record.IsIncluded) publication.MarkChanged();
        record.Published = record.IsIncluded ? record.ToContainer(identity, record.Published?.IdTag) : null;
    }

    /// <summary>
    /// Whether this is the cgroup that CRI-O makes for a sandbox without an infra container (drop_infra_ctr, its default,
    /// for pods without a shared pid namespace): no process is ever in it. Until its name tells, any empty cgroup of CRI-O
    /// may be one.
    /// </summary>
    internal static bool IsEmptySandbox(ContainerRecord record) =>
        record is { Recognised.Runtime: ContainerRuntime.Crio, Init: null, Life.Followed: 0, Known: null or { Name: null or KnownIdentity.Sandbox } };

    /// <summary>Whether the filters include, or may include, a container that was never published.</summary>
    internal bool MayBeIncluded(ContainerRecord record) => record switch
    {
        { Identity: not null } => lives?.IsExcludedWithoutItsName(record) ?? false,
        { Known.Name: not null } => filter.Includes(record.ComposeIdentity()),
        _ => MayBeIncluded(record.Recognised),
    };

    /// <summary>Whether the filters may include a container of which only its path is known.</summary>
    internal bool MayBeIncluded(in RecognisedContainer recognised) => RuntimeTable.Of(recognised.Runtime).Names == NameSource.State
        ? filter.MayInclude(recognised.Runtime, recognised.Id)
        : filter.Includes(KnownIdentity.Nothing.Identify(recognised, null));

    private static bool IsAsPublished(ContainerRecord record, Container published) =>
        ReferenceEquals(published.Init, record.Init) && ReferenceEquals(published.State, record.State);

    /// <summary>Whether it is too early to publish a container, because its runtime is still creating it.</summary>
    private bool IsHeldBack(ContainerRecord record, long nowMs)
    {
        if (record.Identity is not null) return false;
        if (IsEmptySandbox(record)) return true;

        // The outer container's name begins its name.
        if (record.Outer is { Identity: null, GoneSinceMs: null } && nowMs - record.YoungSinceMs < HoldForInitMs) return true;
        if (names.MayCome(record, nowMs) && (names.IsRunning || filter.HasGlobs)) return true;
        if (!names.IsRunning || record.ExistedAtStart) return false;
        long ageMs = nowMs - record.YoungSinceMs;

        // Published with a helper of the runtime as its init process, it would have no network until the next cycle.
        if (record.Init is null || record.Life.MainIsHelper) return ageMs < HoldForInitMs;
        return !record.InitIsNamespaceInit && ageMs < HoldForNamespaceInitMs;
    }
}
