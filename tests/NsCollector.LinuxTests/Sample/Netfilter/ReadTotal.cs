using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.LinuxTests.Sample.Netfilter;

/// <summary>A row of the counters of netfilter.</summary>
internal sealed record ReadTotal(string Source, string Family, string Table, string Chain, string Name, long Packets, long Bytes, long Rules)
{
    internal static ReadTotal[] Of(RowTable rows) => [.. Enumerable.Range(0, rows.Count).Select(i => Of(rows[i]))];

    private static ReadTotal Of(Row row) => new(
        Latin1(row.MoreKey(3)), Latin1(row.MoreKey(0)), Latin1(row.MoreKey(1)), Latin1(row.MoreKey(2)), Latin1(row.Key),
        row.Readings[Reading.NetfilterPackets], row.Readings[Reading.NetfilterBytes], row.Readings[Reading.NetfilterRules]);

    // A character for each byte.
    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
