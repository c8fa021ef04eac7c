using System.Diagnostics;
using NsCollector.Linux.Bpf;

namespace NsCollector.Sample.Cgroup.Records;

/// <summary>
/// Where the numbers of memory.stat are in memcg_vmstats. Before Linux 6.10 or so the states are indexed by their enumerators; since then, and the
/// events since 6.1, only what memory.stat shows is stored, in the order of a table that BTF does not have (memcg_node_stat_items and
/// memcg_vm_event_stat in mm/memcontrol.c). So the table is derived: the order is known, each item is there if its enumerator is, and a few
/// came to the table later than their enumerators. A derivation counts only if it gives exactly the length of the kernel's array.
/// </summary>
internal sealed class MemoryStatLayout
{
    private static readonly MemoryItem[] Promote = [MemoryItem.PromoteSuccess];
    private static readonly MemoryItem[] Demote = [MemoryItem.DemoteKswapd, MemoryItem.DemoteDirect, MemoryItem.DemoteKhugepaged, MemoryItem.DemoteProactive];
    private static readonly MemoryItem[] Hugetlb = [MemoryItem.Hugetlb];
    private static readonly MemoryItem[] Swap = [MemoryItem.SwapIn, MemoryItem.SwapOut];
    private static readonly MemoryItem[] ThpSwap = [MemoryItem.ThpSwapOut, MemoryItem.ThpSwapOutFallback];
    private static readonly MemoryItem[] Numa = [MemoryItem.NumaMigrate, MemoryItem.NumaUpdates, MemoryItem.NumaFaults];

    private readonly sbyte[] _indexes;

    private MemoryStatLayout(sbyte[] indexes) => _indexes = indexes;

    /// <summary>Derives the layout.</summary>
    /// <param name="facts">What the kernel has.</param>
    /// <param name="reason">Why it is not known; empty if it is.</param>
    /// <returns>Null if it is not known.</returns>
    internal static MemoryStatLayout? Find(KernelFacts facts, out string reason)
    {
        var indexes = new sbyte[(int)MemoryItem.Count];
        Array.Fill(indexes, (sbyte)-1);
        reason = "";
        if (!facts.Fields.HasFlag(RecordFields.Vmstats)) reason = "the kernel keeps the numbers of memory.stat in a way that the agent does not know";
        else if (!FindStates(facts, indexes)) reason = $"the order in which the kernel keeps the {facts.States} states of memory.stat is not known";
        else if (!FindEvents(facts, indexes)) reason = $"the order in which the kernel keeps the {facts.Events} events of memory.stat is not known";
        return reason.Length == 0 ? new MemoryStatLayout(indexes) : null;
    }

    /// <summary>The index of an item among the states or events of a record; -1 if the kernel does not store it.</summary>
    internal int IndexOf(MemoryItem item) => _indexes[(int)item];

    private static bool FindStates(KernelFacts facts, sbyte[] indexes)
    {
        const MemoryItem End = MemoryItem.Pgin;
        int highest = -1;
        for (MemoryItem item = 0; item < End; item++) highest = Math.Max(highest, facts.Items[(int)item]);
        if (highest >= facts.States) return FindOrder(facts, 0, End, facts.States, CgroupRecord.MaxStates, [Promote, Demote, Hugetlb], indexes);
        for (MemoryItem item = 0; item < End; item++)
        {
            if (facts.Items[(int)item] < CgroupRecord.MaxStates) indexes[(int)item] = (sbyte)facts.Items[(int)item];
        }

        return true;
    }

    private static bool FindEvents(KernelFacts facts, sbyte[] indexes)
    {
        // pgpgin and pgpgout are shown by cgroup v1 only.
        MemoryItem first = facts.Fields.HasFlag(RecordFields.UnderOom) ? MemoryItem.Pgin : MemoryItem.SwapIn;
        return FindOrder(facts, first, MemoryItem.Count, facts.Events, CgroupRecord.MaxEvents, [Swap, ThpSwap, Numa], indexes);
    }

    /// <summary>Tries the order with and without each of the optional groups.</summary>
    /// <returns>Whether exactly one way gives the length of the array.</returns>
    private static bool FindOrder(
        KernelFacts facts, MemoryItem first, MemoryItem end, int length, int capacity, MemoryItem[][] optional, sbyte[] indexes)
    {
        Debug.Assert(optional.Length < 8);
        if (length > capacity) return false;
        sbyte[]? found = null;
        for (int without = 0; without < 1 << optional.Length; without++)
        {
            sbyte[] tried = [.. indexes];
            int next = 0;
            for (MemoryItem item = first; item < end; item++)
            {
                if (facts.Items[(int)item] < 0 || IsLeftOut(item, optional, without)) continue;
                tried[(int)item] = (sbyte)Math.Min(next++, sbyte.MaxValue);
            }

            if (next != length) continue;
            if (found is null) found = tried;
            else if (!found.AsSpan().SequenceEqual(tried)) return false;
        }

        found?.CopyTo(indexes, 0);
        return found is not null;
    }

    private static bool IsLeftOut(MemoryItem item, MemoryItem[][] optional, int without)
    {
        for (int i = 0; i < optional.Length; i++)
        {
            if ((without & (1 << i)) != 0 && optional[i].Contains(item)) return true;
        }

        return false;
    }
}
