using System.Runtime.InteropServices;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover;

/// <summary>
/// Makes the immutable list of what is published: without cgroups that carry another container's id, and with what tells
/// containers of the same name apart. Keeps the directories of ended processes open until no list in use holds them.
/// </summary>
/// <remarks>For the discovery thread, but for <see cref="Current"/> and <see cref="Acknowledge"/>.</remarks>
internal sealed class ContainerPublication
{
    private readonly Queue<(long Generation, ProcessDirectory Process)> _retired = new();

    // Emptied each time rather than made: in a storm of births they are what would make the garbage collector run.
    private readonly List<ContainerRecord> _published = [];
    private readonly Dictionary<(ContainerRuntime, string), ContainerRecord> _byId = [];
    private readonly Dictionary<(ContainerRuntime, string, string?, string?), int> _byTags = [];
    private readonly Dictionary<(ContainerRuntime, string, string?, string?, string), int> _byShortId = [];
    private ContainerList _current = ContainerList.Empty;
    private long _acknowledged;

    /// <summary>The newest list. Read from any thread.</summary>
    internal ContainerList Current => Volatile.Read(ref _current);

    /// <summary>See <see cref="IContainerSource.Acknowledge"/>. From any thread.</summary>
    internal void Acknowledge(long generation) => Interlocked.Exchange(ref _acknowledged, generation);

    /// <summary>Publishes what the records say.</summary>
    internal void Publish(List<ContainerRecord> records)
    {
        MarkDoubles(records);
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(records))
        {
            // One that is gone waits to be told of. Where it was restarted under its id, the one that lives is no double of it.
            if (record.Published is not null && !record.IsDouble) _published.Add(record);
        }

        MarkCollisions(_published);
        var containers = new Container[_published.Count];
        for (int i = 0; i < containers.Length; i++) containers[i] = _published[i].Published!;
        Volatile.Write(ref _current, new ContainerList(_current.Generation + 1, ImmutableCollectionsMarshal.AsImmutableArray(containers)));
        _published.Clear();
    }

    /// <summary>The descriptor is closed when Sample has let go of every list that holds it.</summary>
    /// <param name="process">What no record holds any more.</param>
    /// <param name="isPublished">Whether the newest list may hold it, and the next one will not.</param>
    internal void Retire(ProcessDirectory process, bool isPublished) => _retired.Enqueue((_current.Generation + (isPublished ? 1 : 0), process));

    /// <summary>Closes what nobody uses any more.</summary>
    internal void CloseRetired()
    {
        long acknowledged = Interlocked.Read(ref _acknowledged);
        while (_retired.TryPeek(out (long Generation, ProcessDirectory Process) retired) && retired.Generation <= acknowledged)
        {
            _retired.Dequeue();
            retired.Process.Close();
        }
    }

    /// <summary>Closes all; whoever samples must have ended before.</summary>
    internal void CloseAll()
    {
        while (_retired.TryDequeue(out (long, ProcessDirectory Process) retired)) retired.Process.Close();
    }

    /// <summary>
    /// Of cgroups that carry the same OCI id only the nearest to the root is published, and of those beside each other the
    /// scope. CRI-O makes an empty <c>crio-ID</c> beside a sandbox's <c>crio-ID.scope</c>; and a container to which
    /// cgroups were delegated may name one after another container, and must not take its place or change its tags.
    /// </summary>
    private void MarkDoubles(List<ContainerRecord> records)
    {
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(records))
        {
            if (record.GoneSinceMs is not null) continue;
            record.IsDouble = false;
            if (record.Published is null || !OciId.Is(record.Recognised.Id)) continue;
            ref ContainerRecord? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_byId, (record.Recognised.Runtime, record.Recognised.Id), out _);
            if (known is null)
            {
                known = record;
            }
            else if (IsNearer(record.Path, known.Path))
            {
                known.IsDouble = true;
                known = record;
            }
            else
            {
                record.IsDouble = true;
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
    /// Two live containers never share a series: where their tags would be the same, each carries its short id, and where
    /// that is the same too (two nested hosts may each have an LXC container of one name), its cgroup path. One that has
    /// ended writes no more but its last point: it takes nothing from the one that is made anew under its name.
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
