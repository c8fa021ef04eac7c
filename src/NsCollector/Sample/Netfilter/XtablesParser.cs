using System.Runtime.InteropServices;
using static NsCollector.Sample.Netfilter.NulTerminated;

namespace NsCollector.Sample.Netfilter;

/// <summary>
/// Parses the entries of a table of legacy iptables or ip6tables (linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h): the
/// rules that have a comment, with the chain that they are in.
/// </summary>
internal static class XtablesParser
{
    // linux/netfilter.h: NF_INET_PRE_ROUTING and so on.
    private static readonly byte[][] HookNames = ["PREROUTING"u8.ToArray(), "INPUT"u8.ToArray(), "FORWARD"u8.ToArray(), "OUTPUT"u8.ToArray(), "POSTROUTING"u8.ToArray()];

    // struct ipt_entry and struct ip6t_entry: where target_offset, next_offset and the counters are, and where the matches begin.
    private static readonly Layout Ipv4 = new(88, 90, 96, 112), Ipv6 = new(140, 142, 152, 168);

    // struct xt_entry_match and xt_entry_target: the size, then a name of 29 bytes, a revision, and the data.
    private const int NameAt = 2, NameBytes = 29, DataAt = 32;

    // struct xt_error_target.
    private const int ErrorNameBytes = 30;

    private sealed record Layout(int TargetOffsetAt, int NextOffsetAt, int CountersAt, int MatchesAt);

    /// <summary>Adds the rules of a table.</summary>
    /// <param name="isIpv6">Whether it is a table of ip6tables.</param>
    /// <param name="table">Its name.</param>
    /// <param name="validHooks">Bit i: it has a chain for hook i.</param>
    /// <param name="hookEntries">Where the chain of each hook begins, in bytes.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="totals">Receives the rules.</param>
    /// <returns>Whether all entries were understood.</returns>
    internal static bool Parse(bool isIpv6, ReadOnlySpan<byte> table, uint validHooks, ReadOnlySpan<uint> hookEntries, ReadOnlySpan<byte> entries, NetfilterTotals totals)
    {
        Layout layout = isIpv6 ? Ipv6 : Ipv4;
        NetfilterSource source = isIpv6 ? NetfilterSource.Ip6tables : NetfilterSource.Iptables;
        ReadOnlySpan<byte> family = isIpv6 ? "ip6"u8 : "ip"u8, chain = default;
        for (int at = 0; at < entries.Length;)
        {
            ReadOnlySpan<byte> rest = entries[at..];
            if (rest.Length < layout.MatchesAt) return false;
            int target = MemoryMarshal.Read<ushort>(rest[layout.TargetOffsetAt..]), next = MemoryMarshal.Read<ushort>(rest[layout.NextOffsetAt..]);
            if (target < layout.MatchesAt || next < target + DataAt || next > rest.Length) return false;
            for (int hook = 0; hook < HookNames.Length && hook < hookEntries.Length; hook++)
            {
                if (((validHooks >> hook) & 1) != 0 && hookEntries[hook] == at) chain = HookNames[hook];
            }

            // A user-defined chain begins with an entry whose target has the chain's name. The last entry of the table is such a one too.
            ReadOnlySpan<byte> targetData = rest[(target + DataAt)..next];
            if (NameOf(rest[target..next]).SequenceEqual("ERROR"u8))
            {
                chain = Text(targetData[..Math.Min(targetData.Length, ErrorNameBytes)]);
            }
            else
            {
                if (!TryComment(rest[layout.MatchesAt..target], out ReadOnlySpan<byte> comment)) return false;

                // struct xt_counters.
                ulong packets = MemoryMarshal.Read<ulong>(rest[layout.CountersAt..]), bytes = MemoryMarshal.Read<ulong>(rest[(layout.CountersAt + 8)..]);
                totals.Add(source, family, table, chain, comment, packets, bytes, 1);
            }

            at += next;
        }

        return true;
    }

    private static bool TryComment(ReadOnlySpan<byte> matches, out ReadOnlySpan<byte> comment)
    {
        comment = default;
        while (matches.Length >= DataAt)
        {
            int size = MemoryMarshal.Read<ushort>(matches);
            if (size < DataAt || size > matches.Length) return false;
            if (comment.IsEmpty && NameOf(matches).SequenceEqual("comment"u8)) comment = Text(matches[DataAt..size]);
            matches = matches[size..];
        }

        return matches.IsEmpty;
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> part) => Text(part.Slice(NameAt, NameBytes));
}
