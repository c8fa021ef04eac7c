using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup.MemoryDetail;

/// <summary>
/// memory.numa_stat: on v1 <c>KEY=TOTAL N0=PAGES N1=PAGES</c> (memcg_numa_stat_show in mm/memcontrol-v1.c), the lines with
/// <c>hierarchical_</c> including the cgroups below; on v2 <c>KEY N0=BYTES N1=BYTES</c>, always including them
/// (memory_numa_stat_show in mm/memcontrol.c).
/// </summary>
/// <param name="keys">The keys of the rows.</param>
internal sealed class NumaStatParser(KernelKeys keys) : ExtraParser
{
    // MAX_NUMNODES of the largest configuration (CONFIG_NODES_SHIFT=10).
    private const int MaxNodes = 1024;

    private static readonly (Reading Own, Reading Hierarchical)[] Own =
    [
        (Reading.MemoryNodeOwnLruFileBytes, Reading.MemoryNodeLruFileBytes), (Reading.MemoryNodeOwnLruAnonBytes, Reading.MemoryNodeLruAnonBytes),
        (Reading.MemoryNodeOwnUnevictableBytes, Reading.MemoryNodeUnevictableBytes),
    ];

    private static readonly ulong PageBytes = (ulong)Environment.SystemPageSize;

    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices) =>
        reading.Sample.MemoryDetail is { } detail ? Parse(text, file.IsV2, detail.Nodes) : 0;

    /// <summary>Sets the rows.</summary>
    /// <returns>Number of lines that were malformed, completely or in part.</returns>
    internal int Parse(ReadOnlySpan<byte> text, bool isV2, RowTable nodes)
    {
        int malformed = 0, next = 0;
        bool hasHierarchical = isV2;
        text = KernelText.WholeLines(text, ref malformed);
        for (int position = 0; position < text.Length;)
        {
            int end = KernelText.NextLine(text, position);
            ReadOnlySpan<byte> line = text[position..end];
            position = end;
            int length = line.IndexOfAny((byte)'=', (byte)' ');
            int first = line.IndexOf((byte)' ');
            if (length <= 0 || first < 0)
            {
                malformed++;
                continue;
            }

            int index = keys.Find(line[..length], ref next);
            if (index < 0) continue;

            bool isHierarchical = isV2 || line.StartsWith("hierarchical_"u8);
            hasHierarchical |= isHierarchical;
            if (!ParseNodes(line[first..], keys[index], isV2 ? 1 : PageBytes, isHierarchical, nodes)) malformed++;
        }

        if (!hasHierarchical) UseOwn(nodes);
        return malformed;
    }

    // The plain keys of v1 exclude the cgroups below. The kernel has no others before 3.17.
    private static void UseOwn(RowTable nodes)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            ReadingSet row = nodes[i].Readings;
            foreach ((Reading own, Reading hierarchical) in Own)
            {
                if (row.TryGet(own, out long bytes)) row.Set(hierarchical, bytes);
            }
        }
    }

    private static bool ParseNodes(ReadOnlySpan<byte> rest, in KernelKeys.Entry key, ulong unit, bool replaces, RowTable nodes)
    {
        while (rest[0] == ' ')
        {
            int i = 2;
            if (!rest.StartsWith(" N"u8) || !KernelText.TryReadUnsigned(rest, ref i, out ulong node) || node >= MaxNodes || rest[i] != '=') return false;
            ReadOnlySpan<byte> number = rest[2..i++];
            if (!KernelText.TryReadUnsigned(rest, ref i, out ulong value) || (rest[i] != ' ' && rest[i] != KernelText.LineFeed)) return false;
            rest = rest[i..];
            ReadingSet row = nodes.GetOrAdd(number).Readings;
            if (replaces || !row.Has(key.Reading)) row.SetUnsigned(key.Reading, key.Scale(value, unit));
        }

        return true;
    }
}
