using NsCollector.Linux.Netlink;
using static System.Buffers.Binary.BinaryPrimitives;
using static NsCollector.Sample.Netfilter.NulTerminated;

namespace NsCollector.Sample.Netfilter;

/// <summary>
/// Parses dumps of nf_tables (linux/netfilter/nf_tables.h): rules that have a comment and a counter, and named counters. nft(8) has a
/// comment in the rule's user data, as libnftnl writes it; iptables-nft has it as a match of x_tables.
/// </summary>
internal static class NftablesParser
{
    /// <summary>sizeof(struct nfgenmsg).</summary>
    internal const int GenericBytes = 4;

    private const int NewRule = (10 << 8) | 6, NewObject = (10 << 8) | 18;
    private const int RuleTable = 1, RuleChain = 2, RuleExpressions = 4, RuleUserData = 7;
    private const int ListElement = 1, ExpressionName = 1, ExpressionData = 2;
    private const int CounterBytes = 1, CounterPackets = 2;
    private const int MatchName = 1, MatchInfo = 3;
    private const int ObjectTable = 1, ObjectName = 2, ObjectType = 3, ObjectData = 4, ObjectUse = 5;
    private const uint CounterObject = 1;

    // libnftnl's udata.h: NFTNL_UDATA_RULE_COMMENT.
    private const byte CommentUserData = 0;

    /// <summary>Adds the counters of a dump of rules or of objects.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="totals">Receives them.</param>
    /// <returns>How many messages were not understood.</returns>
    internal static int Parse(NetlinkMessages messages, NetfilterTotals totals)
    {
        int odd = 0;
        while (messages.MoveNext())
        {
            if (messages.Type is not (NewRule or NewObject)) continue;
            bool isUnderstood = messages.Payload.Length >= GenericBytes && (messages.Type == NewRule
                ? ParseRule(messages.Payload[0], messages.Payload[GenericBytes..], totals)
                : ParseObject(messages.Payload[0], messages.Payload[GenericBytes..], totals));
            if (!isUnderstood) odd++;
        }

        return odd;
    }

    private static bool ParseRule(byte family, ReadOnlySpan<byte> rule, NetfilterTotals totals)
    {
        ReadOnlySpan<byte> table = default, chain = default, expressions = default, userData = default;
        var attributes = new NetlinkAttributes(rule);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RuleTable: table = Text(attributes.Value); break;
                case RuleChain: chain = Text(attributes.Value); break;
                case RuleExpressions: expressions = attributes.Value; break;
                case RuleUserData: userData = attributes.Value; break;
            }
        }

        if (table.IsEmpty || chain.IsEmpty) return false;
        ReadOnlySpan<byte> comment = Comment(userData);
        if (!ParseExpressions(expressions, ref comment, out ulong? packets, out ulong bytes)) return false;
        if (packets is { } counted) totals.Add(NetfilterSource.Nftables, FamilyName(family), table, chain, comment, counted, bytes, 1);
        return true;
    }

    // If a rule has several counters, the last one has counted the packets that passed all of its conditions.
    private static bool ParseExpressions(ReadOnlySpan<byte> expressions, ref ReadOnlySpan<byte> comment, out ulong? packets, out ulong bytes)
    {
        packets = null;
        bytes = 0;
        var list = new NetlinkAttributes(expressions);
        while (list.MoveNext())
        {
            if (list.Type != ListElement) continue;
            ReadOnlySpan<byte> name = default, data = default;
            var expression = new NetlinkAttributes(list.Value);
            while (expression.MoveNext())
            {
                if (expression.Type == ExpressionName) name = Text(expression.Value);
                else if (expression.Type == ExpressionData) data = expression.Value;
            }

            if (name.SequenceEqual("counter"u8))
            {
                if (!ParseCounter(data, out ulong counted, out bytes)) return false;
                packets = counted;
            }
            else if (name.SequenceEqual("match"u8) && comment.IsEmpty)
            {
                comment = MatchComment(data);
            }
        }

        return true;
    }

    private static bool ParseCounter(ReadOnlySpan<byte> data, out ulong packets, out ulong bytes)
    {
        bool hasPackets = false, hasBytes = false;
        packets = bytes = 0;
        var attributes = new NetlinkAttributes(data);
        while (attributes.MoveNext())
        {
            if (attributes.Type == CounterPackets) hasPackets = TryReadUInt64BigEndian(attributes.Value, out packets);
            else if (attributes.Type == CounterBytes) hasBytes = TryReadUInt64BigEndian(attributes.Value, out bytes);
        }

        return hasPackets && hasBytes;
    }

    private static ReadOnlySpan<byte> MatchComment(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> comment = default;
        bool isComment = false;
        var attributes = new NetlinkAttributes(data);
        while (attributes.MoveNext())
        {
            if (attributes.Type == MatchName) isComment = Text(attributes.Value).SequenceEqual("comment"u8);
            else if (attributes.Type == MatchInfo) comment = Text(attributes.Value);
        }

        return isComment ? comment : default;
    }

    // A list of type, length and value, with one byte for the first two.
    private static ReadOnlySpan<byte> Comment(ReadOnlySpan<byte> userData)
    {
        while (userData.Length >= 2)
        {
            int length = userData[1];
            if (length > userData.Length - 2) return default;
            ReadOnlySpan<byte> value = userData.Slice(2, length);
            if (userData[0] == CommentUserData) return Text(value);
            userData = userData[(2 + length)..];
        }

        return default;
    }

    private static bool ParseObject(byte family, ReadOnlySpan<byte> message, NetfilterTotals totals)
    {
        ReadOnlySpan<byte> table = default, name = default, data = default;
        uint type = 0, use = 0;
        var attributes = new NetlinkAttributes(message);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case ObjectTable: table = Text(attributes.Value); break;
                case ObjectName: name = Text(attributes.Value); break;
                case ObjectType: TryReadUInt32BigEndian(attributes.Value, out type); break;
                case ObjectData: data = attributes.Value; break;
                case ObjectUse: TryReadUInt32BigEndian(attributes.Value, out use); break;
            }
        }

        if (table.IsEmpty || name.IsEmpty) return false;
        if (type != CounterObject) return true;
        if (!ParseCounter(data, out ulong packets, out ulong bytes)) return false;
        totals.Add(NetfilterSource.Nftables, FamilyName(family), table, [], name, packets, bytes, use);
        return true;
    }

    // linux/netfilter.h: NFPROTO_...; the words of nft(8).
    private static ReadOnlySpan<byte> FamilyName(byte family) => family switch
    {
        1 => "inet"u8,
        2 => "ip"u8,
        3 => "arp"u8,
        5 => "netdev"u8,
        7 => "bridge"u8,
        10 => "ip6"u8,
        _ => default,
    };
}
