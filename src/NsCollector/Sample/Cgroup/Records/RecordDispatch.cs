using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Linux.Bpf;

namespace NsCollector.Sample.Cgroup.Records;

/// <summary>
/// Sets readings from a record, as <see cref="CgroupFileDispatch"/> does from the text of a file. Any thread may call it; allocates nothing.
/// </summary>
internal sealed class RecordDispatch
{
    private static readonly ulong PageBytes = (ulong)Environment.SystemPageSize;

    private readonly ImmutableArray<Term> _memoryStat;
    private readonly bool _hasMemoryLimit;
    private readonly bool _hasPidsEvents;

    /// <param name="facts">What the kernel has.</param>
    /// <param name="layout">Where the numbers of memory.stat are; null if that is not known.</param>
    /// <param name="memoryStat">What memory.stat of this kernel shows.</param>
    internal RecordDispatch(KernelFacts facts, MemoryStatLayout? layout, ReadingSet memoryStat)
    {
        _hasPidsEvents = facts.Fields.HasFlag(RecordFields.PidsEvents);
        var terms = ImmutableArray.CreateBuilder<Term>();
        HasMemoryStat = layout is not null;
        for (Reading reading = memoryStat.First; reading <= memoryStat.Last && layout is not null; reading++)
        {
            if (!memoryStat.Has(reading)) continue;
            if (reading == Reading.MemoryEffectiveLimitBytes)
            {
                _hasMemoryLimit = true;
                continue;
            }

            (MemoryItem[] items, bool isPages) = RecordRules.ItemsOf(reading);
            int terminals = terms.Count;
            foreach (MemoryItem item in items)
            {
                if (layout.IndexOf(item) >= 0) terms.Add(new Term(reading, layout.IndexOf(item), item >= MemoryItem.Pgin, isPages ? PageBytes : 1, terms.Count > terminals));
            }

            HasMemoryStat &= terms.Count > terminals;
        }

        _memoryStat = terms.ToImmutable();
    }

    /// <summary>Whether a record has every number that memory.stat of this kernel shows.</summary>
    internal bool HasMemoryStat { get; }

    /// <summary>Whether a record has what the file has: not the limit of a cgroup that is too deep.</summary>
    internal static bool IsWhole(RecordSource source, ref readonly CgroupRecord record) =>
        source != RecordSource.MemoryStat || record.MemoryLowestLimit != ulong.MaxValue;

    /// <summary>Sets the readings of one file.</summary>
    /// <param name="source">What replaces it.</param>
    /// <param name="file">The file.</param>
    /// <param name="record">The container's record, with the part that the source needs.</param>
    /// <param name="reading">Receives the readings.</param>
    internal void Apply(RecordSource source, CgroupFile file, ref readonly CgroupRecord record, ref CgroupReading reading)
    {
        ReadingSet scalars = reading.Sample.Scalars;
        switch (source)
        {
            case RecordSource.MemoryUsage: scalars.SetUnsigned(file.Reading, record.MemoryUsage * PageBytes); break;
            case RecordSource.MemoryPeak: scalars.SetUnsigned(file.Reading, record.MemoryPeak * PageBytes); break;
            case RecordSource.MemoryFailcnt: scalars.SetUnsigned(file.Reading, record.MemoryFailcnt); break;
            case RecordSource.KmemUsage: scalars.SetUnsigned(file.Reading, record.KmemUsage * PageBytes); break;
            case RecordSource.TcpUsage: scalars.SetUnsigned(file.Reading, record.TcpUsage * PageBytes); break;
            case RecordSource.SwapUsage: scalars.SetUnsigned(file.Reading, record.SwapUsage * PageBytes); break;
            case RecordSource.OomControl: scalars.SetUnsigned(Reading.MemoryOomKills, EventOf(in record, MemoryEvent.OomKill)); break;
            case RecordSource.MemoryEvents:
                scalars.SetUnsigned(Reading.MemoryFailcnt, EventOf(in record, MemoryEvent.Max));
                scalars.SetUnsigned(Reading.MemoryEventsHigh, EventOf(in record, MemoryEvent.High));
                scalars.SetUnsigned(Reading.MemoryOomKills, EventOf(in record, MemoryEvent.OomKill));
                break;
            case RecordSource.MemoryStat: ApplyMemoryStat(in record, reading.Sample); break;
            case RecordSource.PidsCurrent: SetSigned(scalars, file.Reading, record.PidsCurrent); break;
            case RecordSource.PidsPeak: SetSigned(scalars, file.Reading, record.PidsPeak); break;
            case RecordSource.PidsEvents: SetSigned(scalars, Reading.PidsMaxEvents, PidsEventsOf(file, in record)); break;
            case RecordSource.CpuacctUsage: scalars.SetUnsigned(file.Reading, record.CpuacctNs); break;
            case RecordSource.CpuacctUser: scalars.SetUnsigned(file.Reading, record.CpuacctUserNs); break;
            case RecordSource.CpuacctSystem: scalars.SetUnsigned(file.Reading, record.CpuacctSystemNs); break;
            case RecordSource.CpuacctAll:
                scalars.SetUnsigned(Reading.CpuUserNs, record.CpuacctUserNs);
                scalars.SetUnsigned(Reading.CpuSystemNs, record.CpuacctSystemNs);
                break;
            case RecordSource.CpuStat when !(reading.Carried.HasPayload && reading.Carried.HasPayloadQuota):
                scalars.SetUnsigned(Reading.CpuNrPeriods, record.Periods);
                scalars.SetUnsigned(Reading.CpuNrThrottled, record.ThrottledPeriods);
                scalars.SetUnsigned(Reading.CpuThrottledNs, record.ThrottledNs);
                scalars.SetUnsigned(Reading.CpuNrBursts, record.Bursts);
                scalars.SetUnsigned(Reading.CpuBurstNs, record.BurstNs);
                break;
        }
    }

    private static ulong EventOf(ref readonly CgroupRecord record, MemoryEvent index) => (ulong)record.MemoryEvents[(int)index];

    // The kernel writes these signed.
    private static void SetSigned(ReadingSet scalars, Reading reading, long value)
    {
        if (value >= 0) scalars.Set(reading, value);
        else scalars.SetImpossible(reading);
    }

    // v1 counts forks that failed, v2 the limit that was reached (__pids_events_show, kernel/cgroup/pids.c).
    private long PidsEventsOf(CgroupFile file, ref readonly CgroupRecord record) =>
        !_hasPidsEvents ? record.PidsLimitEvents : file.IsV2 ? record.PidsMaxEvents : record.PidsForkFailEvents;

    private void ApplyMemoryStat(ref readonly CgroupRecord record, ContainerSample sample)
    {
        ReadingSet scalars = sample.Scalars;
        ReadOnlySpan<long> states = record.States;
        ReadOnlySpan<ulong> events = record.Events;
        if (_hasMemoryLimit && record.MemoryLowestLimit != ulong.MaxValue)
            scalars.SetUnsigned(Reading.MemoryEffectiveLimitBytes, record.MemoryLowestLimit * PageBytes);
        foreach (ref readonly Term term in _memoryStat.AsSpan())
        {
            // A state that fell below zero is 0 (memcg_page_state in mm/memcontrol.c).
            ulong value = term.IsEvent ? events[term.Index] : (ulong)Math.Max(0, states[term.Index]) * term.Factor;
            if (term.IsFurther) scalars.AddPart(term.Reading, value);
            else scalars.SetUnsigned(term.Reading, value);
        }
    }

    /// <param name="Reading">What it is a part of.</param>
    /// <param name="Index">Among the states or the events.</param>
    /// <param name="IsEvent">Which of the two.</param>
    /// <param name="Factor">Bytes of a page, or 1.</param>
    /// <param name="IsFurther">Whether it is added to the term before.</param>
    private readonly record struct Term(Reading Reading, int Index, bool IsEvent, ulong Factor, bool IsFurther);
}
