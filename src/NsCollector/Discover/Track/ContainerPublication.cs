using System.Runtime.InteropServices;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Track;

/// <summary>
/// Publishes the immutable list of containers when something in it has changed: without cgroups that have another
/// container's id, and with a tag that distinguishes containers of the same name. Keeps the directories of ended processes
/// open until no list in use has them.
/// </summary>
/// <remarks>For the discovery thread, but for <see cref="Current"/> and <see cref="Acknowledge"/>.</remarks>
internal sealed class ContainerPublication
{
    /// <summary>
    /// The shortest time between two lists, in milliseconds. The cost of a list grows with the number of all containers, and
    /// sampling uses no list sooner.
    /// </summary>
    private const long IntervalMs = 20;

    private readonly Queue<(long Generation, ProcessDirectory Process)> _retired = new();

    // Reused: in a burst of births new ones would trigger garbage collections.
    private readonly List<ContainerRecord> _published = [];
    private readonly Dictionary<(ContainerRuntime, string), ContainerRecord> _byId = [];
    private readonly Dictionary<(ContainerRuntime, string, string?, string?), int> _byTags = [];
    private readonly Dictionary<(ContainerRuntime, string, string?, string?, string), int> _byShortId = [];
    private ContainerList _current = ContainerList.Empty;
    private long _acknowledged;
    private long _publishedMs = long.MinValue / 2;
    private bool _hasChanged;
    private bool _hasNew;

    /// <summary>The newest list. Read from any thread.</summary>
    internal ContainerList Current => Volatile.Read(ref _current);

    /// <summary>See <see cref="IContainerSource.Acknowledge"/>. From any thread.</summary>
    internal void Acknowledge(long generation) => Interlocked.Exchange(ref _acknowledged, generation);

    /// <summary>When the changes are published, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/> if there are none.</summary>
    internal long DueMs => _hasChanged ? _publishedMs + IntervalMs : long.MaxValue;

    /// <summary>Something that is published has changed, or will be published.</summary>
    internal void MarkChanged() => _hasChanged = true;

    /// <summary>A container that was not published before will be.</summary>
    internal void MarkNew() => _hasNew = true;

    /// <summary>Publishes the records if something has changed.</summary>
    /// <param name="records">All containers.</param>
    /// <param name="nowMs">The monotonic clock, in milliseconds.</param>
    /// <param name="atOnce">Whether to publish although the last list is younger than the shortest time between two.</param>
    /// <returns>Whether a container is published now that was not before.</returns>
    internal bool TryPublish(List<ContainerRecord> records, long nowMs, bool atOnce)
    {
        if (!_hasChanged || (!atOnce && nowMs < _publishedMs + IntervalMs)) return false;
        Publish(records);
        _publishedMs = nowMs;
        _hasChanged = false;
        bool hasNew = _hasNew;
        _hasNew = false;
        return hasNew;
    }

    private void Publish(List<ContainerRecord> records)
    {
        MarkDuplicates(records);
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(records))
        {
            // One that is gone stays until its exit is published. If it was restarted under its id, the live one is no duplicate.
            if (record.Published is not null && !record.IsDuplicate) _published.Add(record);
        }

        MarkCollisions(_published);
        var containers = new Container[_published.Count];
        for (int i = 0; i < containers.Length; i++) containers[i] = _published[i].Published!;
        Volatile.Write(ref _current, new ContainerList(_current.Generation + 1, ImmutableCollectionsMarshal.AsImmutableArray(containers)));
        _published.Clear();
    }

    /// <summary>
    /// Closes a descriptor once sampling uses no list with it any more. Call <see cref="MarkChanged"/> before, if the newest
    /// list may have it.
    /// </summary>
    /// <param name="process">Belongs to no record any more.</param>
    internal void Retire(ProcessDirectory process) => _retired.Enqueue((_current.Generation + (_hasChanged ? 1 : 0), process));

    /// <summary>Closes the descriptors that no list in use has any more.</summary>
    internal void CloseRetired()
    {
        long acknowledged = Interlocked.Read(ref _acknowledged);
        while (_retired.TryPeek(out (long Generation, ProcessDirectory Process) retired) && retired.Generation <= acknowledged)
        {
            _retired.Dequeue();
            retired.Process.Close();
        }
    }

    /// <summary>Closes all. Sampling must have ended before.</summary>
    internal void CloseAll()
    {
        while (_retired.TryDequeue(out (long, ProcessDirectory Process) retired)) retired.Process.Close();
    }

    /// <summary>
    /// Of cgroups with the same OCI id, only the one nearest to the root is published, and of siblings the scope. CRI-O
    /// creates an empty <c>crio-ID</c> beside a sandbox's <c>crio-ID.scope</c>. A container to which cgroups were delegated may
    /// name one after another container; it must not replace that container or change its tags.
    /// </summary>
    private void MarkDuplicates(List<ContainerRecord> records)
    {
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(records))
        {
            if (record.GoneSinceMs is not null) continue;
            record.IsDuplicate = false;
            if (record.Published is null || !OciId.Is(record.Recognised.Id)) continue;
            ref ContainerRecord? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_byId, (record.Recognised.Runtime, record.Recognised.Id), out _);
            if (known is null)
            {
                known = record;
            }
            else if (IsNearer(record.Path, known.Path))
            {
                known.IsDuplicate = true;
                known = record;
            }
            else
            {
                record.IsDuplicate = true;
            }
        }

        _byId.Clear();

        static bool IsNearer(string path, string other)
        {
            int depth = path.AsSpan().Count('/').CompareTo(other.AsSpan().Count('/'));
            if (depth != 0) return depth < 0;
            bool isScope = path.EndsWith(".scope", StringComparison.Ordinal);
            return isScope != other.EndsWith(".scope", StringComparison.Ordinal) ? isScope : string.CompareOrdinal(path, other) < 0;
        }
    }

    /// <summary>
    /// Two live containers never share a series: if their tags would be equal, each gets its short id, and if that is
    /// equal too (two nested hosts may each have an LXC container of the same name), its cgroup path. One that has ended
    /// does not count: its successor under the same name keeps its tags.
    /// </summary>
    private void MarkCollisions(List<ContainerRecord> records)
    {
        foreach (ContainerRecord record in records)
        {
            if (record.Published is { Identity: var identity } && !record.HasEnded)
                CollectionsMarshal.GetValueRefOrAddDefault(_byTags, (identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod), out _)++;
        }

        foreach (ContainerRecord record in records)
        {
            if (record.Published is { Identity: var identity } && !record.HasEnded
                && _byTags[(identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod)] > 1)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_byShortId, (identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod, identity.ShortId), out _)++;
            }
        }

        foreach (ContainerRecord record in records)
        {
            if (record.Published is not { Identity: var identity } container || record.HasEnded) continue;
            _byShortId.TryGetValue((identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod, identity.ShortId), out int alike);
            string? idTag = alike switch { 0 => null, 1 => identity.ShortId, _ => container.CgroupPath };
            if (container.IdTag != idTag) record.Published = container with { IdTag = idTag };
        }

        _byTags.Clear();
        _byShortId.Clear();
    }
}
