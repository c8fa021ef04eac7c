using System.Collections.Immutable;
using System.Runtime.InteropServices;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;

namespace NsCollector.Discover;

/// <summary>
/// Makes the immutable list of what is published: without cgroups that carry another container's id, and with what tells
/// containers of the same name apart. Keeps the directories of ended processes open until no list in use holds them.
/// </summary>
/// <remarks>For the discovery thread, but for <see cref="Current"/> and <see cref="Acknowledge"/>.</remarks>
internal sealed class ContainerPublication
{
    private readonly Queue<(long Generation, ProcessDirectory Process)> _retired = new();
    private ContainerList _current = ContainerList.Empty;
    private long _acknowledged;

    /// <summary>The newest list. Read from any thread.</summary>
    internal ContainerList Current => Volatile.Read(ref _current);

    /// <summary>See <see cref="IContainerSource.Acknowledge"/>. From any thread.</summary>
    internal void Acknowledge(long generation) => Interlocked.Exchange(ref _acknowledged, generation);

    /// <summary>Publishes what the records say.</summary>
    internal void Publish(List<ContainerRecord> records)
    {
        List<ContainerRecord> published = WithoutDoubles(records);
        MarkCollisions(published);
        ImmutableArray<Container>.Builder containers = ImmutableArray.CreateBuilder<Container>(published.Count);
        foreach (ContainerRecord record in published) containers.Add(record.Published!);
        Volatile.Write(ref _current, new ContainerList(_current.Generation + 1, containers.DrainToImmutable()));
    }

    /// <summary>The descriptor is closed when Sample has let go of every list that holds it: the ones up to the next that is published.</summary>
    internal void Retire(ProcessDirectory process) => _retired.Enqueue((_current.Generation + 1, process));

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
    /// What is published, but of cgroups that carry the same OCI id only the nearest to the root, and of those beside each
    /// other the scope. CRI-O makes an empty <c>crio-ID</c> beside a sandbox's <c>crio-ID.scope</c>; and a container to which
    /// cgroups were delegated may name one after another container, and must not take its place or change its tags.
    /// </summary>
    private static List<ContainerRecord> WithoutDoubles(List<ContainerRecord> records)
    {
        var published = new List<ContainerRecord>(records.Count);
        var byId = new Dictionary<(ContainerRuntime, string), ContainerRecord>(records.Count);
        foreach (ContainerRecord record in records)
        {
            if (record.GoneSinceMs is not null)
            {
                // It waits to be told of. Where it was restarted under its id, the one that lives is no double of it.
                if (record.Published is not null && !record.IsDouble) published.Add(record);
                continue;
            }

            record.IsDouble = false;
            if (record.Published is null) continue;
            if (!OciId.Is(record.Recognised.Id))
            {
                published.Add(record);
                continue;
            }

            ref ContainerRecord? known = ref CollectionsMarshal.GetValueRefOrAddDefault(byId, (record.Recognised.Runtime, record.Recognised.Id), out _);
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

        published.AddRange(byId.Values);
        published.Sort((one, other) => one.Key.CompareTo(other.Key));
        return published;

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
    private static void MarkCollisions(List<ContainerRecord> records)
    {
        var byTags = new Dictionary<(ContainerRuntime, string, string?, string?), int>(records.Count);
        var byId = new Dictionary<(ContainerRuntime, string, string?, string?, string), int>();
        foreach (ContainerRecord record in records)
        {
            if (record.Published is { Identity: var identity } && !record.HasEnded)
                CollectionsMarshal.GetValueRefOrAddDefault(byTags, (identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod), out _)++;
        }

        foreach (ContainerRecord record in records)
        {
            if (record.Published is { Identity: var identity } && !record.HasEnded
                && byTags[(identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod)] > 1)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(byId, (identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod, identity.ShortId), out _)++;
            }
        }

        foreach (ContainerRecord record in records)
        {
            if (record.Published is not { Identity: var identity } container || record.HasEnded) continue;
            byId.TryGetValue((identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod, identity.ShortId), out int alike);
            string? idTag = alike switch { 0 => null, 1 => identity.ShortId, _ => container.CgroupPath };
            if (container.IdTag != idTag) record.Published = container with { IdTag = idTag };
        }
    }
}
