using NsCollector.Linux.Netlink;
using static System.Buffers.Binary.BinaryPrimitives;
using static NsCollector.Sample.Netfilter.NulTerminated;

namespace NsCollector.Sample.Netfilter;

/// <summary>Parses a dump of the accounting objects of nfnetlink_acct (linux/netfilter/nfnetlink_acct.h), which nfacct(8) lists.</summary>
internal static class NfacctParser
{
    private const int NewObject = 7 << 8;
    private const int Name = 1, Packets = 2, Bytes = 3, Use = 4;

    /// <summary>Adds the objects of a dump.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="totals">Receives them.</param>
    /// <returns>How many messages were not understood.</returns>
    internal static int Parse(NetlinkMessages messages, NetfilterTotals totals)
    {
        int odd = 0;
        while (messages.MoveNext())
        {
            if (messages.Type != NewObject) continue;
            if (messages.Payload.Length < NftablesParser.GenericBytes || !ParseObject(messages.Payload[NftablesParser.GenericBytes..], totals)) odd++;
        }

        return odd;
    }

    private static bool ParseObject(ReadOnlySpan<byte> message, NetfilterTotals totals)
    {
        ReadOnlySpan<byte> name = default;
        ulong packets = 0, bytes = 0;
        uint use = 1;
        bool hasPackets = false, hasBytes = false;
        var attributes = new NetlinkAttributes(message);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Name: name = Text(attributes.Value); break;
                case Packets: hasPackets = TryReadUInt64BigEndian(attributes.Value, out packets); break;
                case Bytes: hasBytes = TryReadUInt64BigEndian(attributes.Value, out bytes); break;
                case Use: TryReadUInt32BigEndian(attributes.Value, out use); break;
            }
        }

        if (name.IsEmpty || !hasPackets || !hasBytes) return false;

        // The first reference is the object's own (nfnl_acct_new, net/netfilter/nfnetlink_acct.c).
        totals.Add(NetfilterSource.Nfacct, [], [], [], name, packets, bytes, Math.Max(use, 1) - 1);
        return true;
    }
}
