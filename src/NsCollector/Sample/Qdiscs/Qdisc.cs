using System.Runtime.InteropServices;
using NsCollector.Catalogue;
using NsCollector.Linux.Netlink;

namespace NsCollector.Sample.Qdiscs;

/// <summary>One queueing discipline of an interface: an RTM_NEWQDISC message (tc_fill_qdisc, net/sched/sch_api.c).</summary>
internal ref struct Qdisc
{
    private const int TcmsgBytes = 20;
    private const ushort RTM_NEWQDISC = 36, RTM_GETQDISC = 38, TCA_KIND = 1, TCA_STATS2 = 7;
    private const ushort TCA_STATS_BASIC = 1, TCA_STATS_QUEUE = 3, TCA_STATS_PKT64 = 8;
    private const int NETLINK_ROUTE = 0;

    private ReadOnlySpan<byte> _basic, _queue, _packets;

    /// <summary>The index of its interface.</summary>
    internal int Interface { get; private set; }

    /// <summary>Where it is: <see cref="QdiscTags"/>.</summary>
    internal uint Parent { get; private set; }

    /// <summary>Its kind, such as <c>tbf</c>.</summary>
    internal ReadOnlySpan<byte> Kind { get; private set; }

    /// <summary>Whether it queues nothing and counts nothing.</summary>
    internal readonly bool IsNoqueue => Kind.SequenceEqual("noqueue"u8);

    /// <summary>A request for those of all interfaces of a network namespace. It needs no capability, and loads no module.</summary>
    internal static NetlinkRequest CreateRequest(int answerBytes) =>
        new(NETLINK_ROUTE, RTM_GETQDISC, NetlinkRequest.Dump, stackalloc byte[TcmsgBytes], answerBytes);

    /// <summary>Parses the current message of an answer.</summary>
    /// <returns>False if it is not one of a queueing discipline, or malformed.</returns>
    internal static bool TryParse(scoped in NetlinkMessages messages, out Qdisc qdisc)
    {
        qdisc = default;
        ReadOnlySpan<byte> payload = messages.Payload;
        if (messages.Type != RTM_NEWQDISC || payload.Length < TcmsgBytes) return false;
        qdisc.Interface = MemoryMarshal.Read<int>(payload[4..]);
        qdisc.Parent = MemoryMarshal.Read<uint>(payload[12..]);
        NetlinkAttributes attributes = NetlinkAttributes.After(payload, TcmsgBytes);
        while (attributes.MoveNext())
        {
            if (attributes.Type == TCA_KIND) qdisc.Kind = attributes.Value.TrimEnd((byte)0);
            else if (attributes.Type == TCA_STATS2) qdisc.SetStatistics(attributes.Value);
        }

        return !qdisc.Kind.IsEmpty;
    }

    /// <summary>Sets its figures. What the kernel does not say is absent.</summary>
    internal readonly void AddTo(ReadingSet readings)
    {
        // struct gnet_stats_basic and gnet_stats_queue, include/uapi/linux/gen_stats.h.
        if (MemoryMarshal.TryRead(_basic, out ulong bytes)) readings.SetUnsigned(Reading.QdiscBytes, bytes);
        if (MemoryMarshal.TryRead(_packets, out ulong packets)) readings.SetUnsigned(Reading.QdiscPackets, packets);
        else if (_basic.Length >= 12) readings.Set(Reading.QdiscPackets, MemoryMarshal.Read<uint>(_basic[8..]));
        if (_queue.Length < 20) return;
        ReadOnlySpan<uint> queue = MemoryMarshal.Cast<byte, uint>(_queue[..20]);
        readings.Set(Reading.QdiscQueueLength, queue[0]);
        readings.Set(Reading.QdiscBacklogBytes, queue[1]);
        readings.Set(Reading.QdiscDrops, queue[2]);
        readings.Set(Reading.QdiscRequeues, queue[3]);
        readings.Set(Reading.QdiscOverlimits, queue[4]);
    }

    private void SetStatistics(ReadOnlySpan<byte> nested)
    {
        var statistics = new NetlinkAttributes(nested);
        while (statistics.MoveNext())
        {
            // Also sent if there are 2^32 packets or more, of which the first figure has the lower half.
            if (statistics.Type == TCA_STATS_PKT64) _packets = statistics.Value;
            else if (statistics.Type == TCA_STATS_BASIC) _basic = statistics.Value;
            else if (statistics.Type == TCA_STATS_QUEUE) _queue = statistics.Value;
        }
    }
}
