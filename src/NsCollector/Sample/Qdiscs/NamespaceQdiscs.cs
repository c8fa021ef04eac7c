using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Qdiscs;

/// <summary>Reads the queueing disciplines in the network namespaces of containers, by one entry of each for two dumps.</summary>
/// <remarks>For one thread at a time. A steady reading allocates nothing.</remarks>
/// <param name="options">The limits.</param>
/// <param name="maxInterfaces">Maximum interfaces of one namespace.</param>
/// <param name="counters">Counts ReadErrors and QdiscsOverLimit.</param>
internal sealed class NamespaceQdiscs(QdiscOptions options, int maxInterfaces, AgentCounters counters)
{
    private const int NETLINK_ROUTE = 0;
    private const ushort RTM_NEWLINK = 16, RTM_GETLINK = 18, IFLA_IFNAME = 3, IFLA_EXT_MASK = 29;
    private const int IfinfomsgBytes = 16;

    // RTEXT_FILTER_SKIP_STATS, include/uapi/linux/rtnetlink.h: half of the message.
    private const uint SkipStatistics = 1 << 3;

    // One message has some 300 bytes, of an interface without statistics about 800; only what is received takes memory.
    private const int QdiscBytes = 1 << 10, LinkBytes = 1 << 11, MinBytes = 1 << 16, MaxBytes = 1 << 24;

    private readonly NetlinkRequest _qdiscs = Qdisc.CreateRequest(Math.Clamp(options.MaxQdiscs * QdiscBytes, MinBytes, MaxBytes));
    private readonly NetlinkRequest _links = CreateLinkRequest(Math.Clamp(maxInterfaces * LinkBytes, MinBytes, MaxBytes));
    private readonly QdiscTags _tags = new("container");

    /// <summary>Reads those of one container.</summary>
    /// <param name="directory">A descriptor of the /proc directory of a process in the namespace.</param>
    /// <param name="identity">The inode number of the namespace that the process must be in. If it is the calling thread's own namespace, nothing is read.</param>
    /// <param name="container">Receives the interfaces.</param>
    /// <param name="sample">Receives a row for each.</param>
    internal void Read(int directory, ulong identity, ContainerQdiscs container, ContainerSample sample)
    {
        container.ClearInterfaces();
        int error = NetlinkRequest.SendInside(directory, identity, _links, _qdiscs);

        // The process has exited since the visit.
        if (error == -Errno.ESRCH) return;
        if (error < 0)
        {
            counters.Add(AgentCounter.ReadErrors);
            return;
        }

        SetInterfaces(container);
        sample.QdiscsPublished = true;
        if (_qdiscs.IsTruncated) counters.Add(AgentCounter.QdiscsOverLimit);
        NetlinkMessages messages = _qdiscs.Answer;
        while (messages.MoveNext())
        {
            // An interface that was added between the two dumps has no name yet.
            if (!Qdisc.TryParse(in messages, out Qdisc qdisc) || qdisc.IsNoqueue || container.NameOf(qdisc.Interface) is not { } name) continue;
            Add(sample, name, in qdisc, _tags, options.MaxQdiscs, counters);
        }
    }

    /// <summary>Adds a row to a sample, if it has not too many.</summary>
    internal static void Add(ContainerSample sample, byte[] name, in Qdisc qdisc, QdiscTags tags, int max, AgentCounters counters)
    {
        if (sample.Qdiscs.Count >= max)
        {
            counters.Add(AgentCounter.QdiscsOverLimit);
            return;
        }

        Row row = sample.Qdiscs.Add(name);
        row.SetMoreKeys(tags.Of(in qdisc));
        qdisc.AddTo(row.Readings);
    }

    private void SetInterfaces(ContainerQdiscs container)
    {
        NetlinkMessages messages = _links.Answer;
        while (messages.MoveNext())
        {
            if (messages.Type != RTM_NEWLINK || messages.Payload.Length < IfinfomsgBytes) continue;
            NetlinkAttributes attributes = NetlinkAttributes.After(messages.Payload, IfinfomsgBytes);
            while (attributes.MoveNext())
            {
                if (attributes.Type != IFLA_IFNAME) continue;
                container.AddInterface(BitConverter.ToInt32(messages.Payload[4..]), attributes.Value.TrimEnd((byte)0));
                break;
            }
        }
    }

    private static NetlinkRequest CreateLinkRequest(int answerBytes)
    {
        Span<byte> body = stackalloc byte[IfinfomsgBytes + 8];
        BitConverter.TryWriteBytes(body[IfinfomsgBytes..], (ushort)8);
        BitConverter.TryWriteBytes(body[(IfinfomsgBytes + 2)..], IFLA_EXT_MASK);
        BitConverter.TryWriteBytes(body[(IfinfomsgBytes + 4)..], SkipStatistics);
        return new NetlinkRequest(NETLINK_ROUTE, RTM_GETLINK, NetlinkRequest.Dump, body, answerBytes);
    }
}
