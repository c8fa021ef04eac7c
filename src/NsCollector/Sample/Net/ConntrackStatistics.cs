using System.Buffers.Binary;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Net;

/// <summary>
/// The statistics of connection tracking by ctnetlink (IPCTNL_MSG_CT_GET_STATS_CPU), on kernels without net/stat/nf_conntrack
/// (CONFIG_NF_CONNTRACK_PROCFS, off by default since Linux 5.15). Needs CAP_NET_ADMIN in the user namespace that owns the network namespace.
/// </summary>
/// <remarks>For one thread at a time. Whether it can be read is looked at once a minute; else nothing is allocated.</remarks>
/// <param name="roots">The host's sysfs, which shows the modules that are loaded.</param>
/// <param name="counters">Counts ReadErrors.</param>
internal sealed class ConntrackStatistics(HostRoots roots, AgentCounters counters)
{
    private const int NETLINK_NETFILTER = 12;
    private const ushort IPCTNL_MSG_CT_GET_STATS_CPU = (1 << 8) | 4; // NFNL_SUBSYS_CTNETLINK
    private const ushort CTA_STATS_INSERT_FAILED = 9, CTA_STATS_DROP = 10, CTA_STATS_EARLY_DROP = 11;
    private const int NfgenmsgBytes = 4;
    // 8,192 processors with less than 128 bytes each; only what is received takes memory.
    private const int AnswerBytes = 1 << 20;

    private NetlinkRequest? _request;
    private bool? _isBuiltIn;
    private long _nextCheckNs = long.MinValue;
    private bool _isAvailable;

    /// <summary>Whether the kernel shows the statistics as a file, which needs no capability.</summary>
    internal static bool IsFile => File.Exists("/proc/thread-self/net/stat/nf_conntrack");

    /// <summary>Whether the kernel answers ctnetlink requests without loading a module.</summary>
    internal static bool HasModule(HostRoots roots) => KernelModules.IsLoaded(roots, "nf_conntrack_netlink") || IsBuiltIn(roots);

    /// <summary>Sets the sums over all processors, if the kernel has no file with them.</summary>
    /// <param name="directory">A descriptor of the /proc directory of a process in the namespace.</param>
    /// <param name="identity">The inode number of the namespace that the process must be in. If it is the calling thread's own namespace, nothing is read.</param>
    /// <param name="readings">Receives them.</param>
    internal void ReadInside(int directory, ulong identity, ReadingSet readings)
    {
        if (!IsAvailable()) return;
        NetlinkRequest request = _request ??= CreateRequest();
        Apply(request.SendInside(directory, identity), request, readings);
    }

    /// <summary>The same in the thread's own network namespace.</summary>
    internal void ReadHere(ReadingSet readings)
    {
        if (!IsAvailable()) return;
        NetlinkRequest request = _request ??= CreateRequest();
        Apply(request.SendHere(), request, readings);
    }

    /// <summary>Sets the sums of an answer.</summary>
    /// <returns>False if a figure is missing; then none is set.</returns>
    internal static bool Parse(NetlinkMessages messages, ReadingSet readings)
    {
        ulong insertFailed = 0, drop = 0, earlyDrop = 0;
        bool any = false;
        while (messages.MoveNext())
        {
            if (messages.Type != IPCTNL_MSG_CT_GET_STATS_CPU) continue;
            int found = 0;
            NetlinkAttributes attributes = NetlinkAttributes.After(messages.Payload, NfgenmsgBytes);
            while (attributes.MoveNext())
            {
                if (!BinaryPrimitives.TryReadUInt32BigEndian(attributes.Value, out uint value)) continue;
                switch (attributes.Type)
                {
                    case CTA_STATS_INSERT_FAILED: insertFailed += value; break;
                    case CTA_STATS_DROP: drop += value; break;
                    case CTA_STATS_EARLY_DROP: earlyDrop += value; break;
                    default: continue;
                }

                found++;
            }

            if (found != 3) return false;
            any = true;
        }

        if (!any) return false;
        readings.SetUnsigned(Reading.ConntrackInsertFailed, insertFailed);
        readings.SetUnsigned(Reading.ConntrackDrop, drop);
        readings.SetUnsigned(Reading.ConntrackEarlyDrop, earlyDrop);
        return true;
    }

    /// <summary>A request for the statistics of each processor.</summary>
    internal static NetlinkRequest CreateRequest() =>
        new(NETLINK_NETFILTER, IPCTNL_MSG_CT_GET_STATS_CPU, NetlinkRequest.Dump, stackalloc byte[NfgenmsgBytes], AnswerBytes);

    private static bool IsBuiltIn(HostRoots roots) =>
        KernelModules.IsBuiltIn(roots, "nf_conntrack_netlink", "CONFIG_NF_CT_NETLINK", () => CreateRequest().SendHere() == 0);

    private bool IsAvailable()
    {
        long nowNs = SystemClock.MonotonicNs();
        if (nowNs < _nextCheckNs) return _isAvailable;
        _nextCheckNs = nowNs + KernelModules.RecheckNs;
        return _isAvailable = !IsFile && EffectiveCapabilities.Has(EffectiveCapabilities.NetAdmin)
            && (KernelModules.IsLoaded(roots, "nf_conntrack_netlink") || (_isBuiltIn ??= IsBuiltIn(roots)));
    }

    private void Apply(int error, NetlinkRequest request, ReadingSet readings)
    {
        // The process has exited since the visit.
        if (error == -Errno.ESRCH) return;
        if (error < 0 || request.IsTruncated || !Parse(request.Answer, readings)) counters.Add(AgentCounter.ReadErrors);
    }
}
