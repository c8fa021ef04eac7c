using NsCollector.Catalogue;

namespace NsCollector.Sample.Netfilter;

/// <summary>The netfilter counters of one network namespace, and when they are read next. For the sampling thread.</summary>
/// <param name="totals">Keeps the counters from reading to reading.</param>
internal sealed class ContainerNetfilter(NetfilterTotals totals)
{
    private long _nextNs = long.MinValue;

    /// <summary>The counters of the last reading.</summary>
    internal NetfilterTotals Totals => totals;

    /// <summary>The namespace that they are of.</summary>
    internal ulong Namespace { get; set; }

    /// <summary>When they are to be read next: see <see cref="Pace"/>.</summary>
    internal ref long NextNs => ref _nextNs;

    /// <summary>The container has left its namespace, or another one owns it.</summary>
    internal void Forget()
    {
        if (Namespace == 0) return;
        Namespace = 0;
        Totals.Clear();
    }

    /// <summary>Adds a row for each counter of the last reading.</summary>
    internal void CopyTo(RowTable rows)
    {
        for (int i = 0; i < Totals.Count; i++)
        {
            NetfilterTotal total = Totals[i];
            Row row = rows.Add(total.Name);
            row.SetMoreKeys(total.Tags);
            row.Readings.SetUnsigned(Reading.NetfilterPackets, total.Packets);
            row.Readings.SetUnsigned(Reading.NetfilterBytes, total.Bytes);
            row.Readings.Set(Reading.NetfilterRules, total.Rules);
        }
    }
}
