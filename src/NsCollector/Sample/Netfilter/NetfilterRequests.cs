using System.Buffers.Binary;

namespace NsCollector.Sample.Netfilter;

/// <summary>The netlink requests that list the counters of a network namespace (NETLINK_NETFILTER, linux/netfilter/nfnetlink.h).</summary>
internal static class NetfilterRequests
{
    private const int GetRule = (10 << 8) | 7, GetObject = (10 << 8) | 19, GetAccounting = (7 << 8) | 1;
    private const int HeaderBytes = 16;
    private const ushort RequestAndDump = 1 | 0x300;
    private const ushort ObjectType = 3;
    private const uint CounterObject = 1;

    /// <summary>NFT_MSG_GETRULE: all rules of nf_tables of every family.</summary>
    internal static byte[] Rules { get; } = Dump(GetRule, []);

    /// <summary>NFT_MSG_GETOBJ: all named counters of nf_tables.</summary>
    internal static byte[] Objects { get; } = Dump(GetObject, Attribute(ObjectType, CounterObject));

    /// <summary>NFNL_MSG_ACCT_GET: all objects of nfnetlink_acct.</summary>
    internal static byte[] Accounting { get; } = Dump(GetAccounting, []);

    // In memory that does not move. struct nlmsghdr, then struct nfgenmsg with the family NFPROTO_UNSPEC.
    private static byte[] Dump(int type, ReadOnlySpan<byte> attributes)
    {
        byte[] request = GC.AllocateArray<byte>(HeaderBytes + NftablesParser.GenericBytes + attributes.Length, pinned: true);
        BitConverter.TryWriteBytes(request, request.Length);
        BitConverter.TryWriteBytes(request.AsSpan(4), (ushort)type);
        BitConverter.TryWriteBytes(request.AsSpan(6), RequestAndDump);
        attributes.CopyTo(request.AsSpan(HeaderBytes + NftablesParser.GenericBytes));
        return request;
    }

    private static byte[] Attribute(ushort type, uint value)
    {
        byte[] attribute = new byte[8];
        BitConverter.TryWriteBytes(attribute, (ushort)attribute.Length);
        BitConverter.TryWriteBytes(attribute.AsSpan(2), type);
        BinaryPrimitives.WriteUInt32BigEndian(attribute.AsSpan(4), value);
        return attribute;
    }
}
