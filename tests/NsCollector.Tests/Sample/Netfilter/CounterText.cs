using System.Text;
using NsCollector.Sample.Netfilter;

namespace NsCollector.Tests.Sample.Netfilter;

/// <summary>Counters as <c>FAMILY TABLE CHAIN NAME PACKETS BYTES RULES</c>, a character for each byte of a name.</summary>
internal static class CounterText
{
    internal static string[] Of(NetfilterTotals counters) => [.. Enumerable.Range(0, counters.Count).Select(i => Of(counters[i]))];

    private static string Of(NetfilterTotal counter)
    {
        string[] names = [.. counter.Tags[..3].Append(counter.Name).Select(Encoding.Latin1.GetString)];
        return FormattableString.Invariant($"{string.Join(' ', names)} {counter.Packets} {counter.Bytes} {counter.Rules}");
    }
}
