using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>NSC_SOCKETS_STATES: the states of TCP by the kernel's numbers, and 0 for none.</summary>
    internal const int TcpStates = 12;

    /// <summary>nsc_sockets.wanted.</summary>
    [Flags]
    internal enum SocketDumps : uint
    {
        None = 0,

        /// <summary>The listening TCP sockets; cheap, because they have a hash of their own.</summary>
        Listeners = 1,

        /// <summary>All TCP sockets.</summary>
        Tcp = 2,
        Udp = 4,

        /// <summary>With <see cref="Tcp"/>: each connection, in <see cref="Request.Flows"/>.</summary>
        Flows = 8,
    }

    /// <summary>nsc_sockets.flags.</summary>
    [Flags]
    internal enum SocketFlags : uint
    {
        None = 0,

        /// <summary>There are more sockets than the limit; the figures are those of the first ones.</summary>
        Cut = 1,

        /// <summary>The kernel says that the dump may not be consistent (NLM_F_DUMP_INTR).</summary>
        Interrupted = 2,

        /// <summary>UDP was asked for; not after a cut.</summary>
        HasUdp = 4,

        /// <summary>Of <see cref="SocketsByCgroup"/>: the kernel does not say the cgroups of sockets.</summary>
        NoCgroup = 8,

        /// <summary>There are more ports than <see cref="MaxListeningPorts"/>.</summary>
        PortsCut = 16,

        /// <summary>There are more connections than <see cref="Request.Flows"/> has room for.</summary>
        FlowsCut = 32,
    }

    /// <summary>nsc_sockets_udp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UdpSums
    {
        internal uint Sockets;
        internal uint Reserved;
        internal ulong Drops;
        internal ulong ReceiveQueueBytes;
        internal ulong SendQueueBytes;
    }

    /// <summary>nsc_sockets: sums over the sockets of one namespace.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct SocketSums
    {
        internal SocketDumps Wanted;
        internal SocketFlags Flags;
        internal int TcpError;
        internal int UdpError;

        /// <summary>By state, IPv4 and then IPv6.</summary>
        internal fixed uint Tcp[2 * TcpStates];
        internal uint Odd;
        internal uint Listeners;
        internal uint ListenersNearlyFull;
        internal uint AcceptFillPercentMax;
        internal ulong AcceptQueue;
        internal ulong AcceptQueueLimit;
        internal ulong ReceiveQueueBytes;
        internal ulong SendQueueBytes;
        internal uint Retransmitting;
        internal uint RttCount;
        internal uint RttMinUs;
        internal uint RttMedianUs;
        internal uint RttP95Us;
        internal uint Reserved;
        internal UdpSums Udp4;
        internal UdpSums Udp6;
        internal ulong CpuNs;

        /// <summary>With <see cref="SocketDumps.Flows"/>: its connections begin there in <see cref="Request.Flows"/>.</summary>
        internal uint FlowFirst;
        internal uint FlowCount;
        internal uint PortCount;
        internal uint Reserved2;

        /// <summary>The ports of listening sockets, each once.</summary>
        internal fixed ushort Ports[MaxListeningPorts];
    }

    /// <summary>sizeof(nsc_rtt_histogram).</summary>
    internal const int RttHistogramBytes = 16 + (4 * 1728);

    /// <summary>nsc_cgroups: the cgroups whose sockets are counted in one namespace.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SocketCgroups
    {
        /// <summary>The address of the ids, ascending.</summary>
        internal ulong Ids;

        /// <summary>The address of a uint for each id: to which of the <see cref="Count"/> containers it belongs.</summary>
        internal ulong Containers;

        /// <summary>The address of a <see cref="SocketSums"/> for each container.</summary>
        internal ulong Sockets;

        /// <summary>The address of <see cref="RttHistogramBytes"/> for each container.</summary>
        internal ulong Rtt;
        internal uint IdCount;
        internal uint Count;
    }

    /// <summary>nsc_sockets_by_cgroup: counts the sockets of the thread's own network namespace by their cgroups.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_sockets_by_cgroup")]
    internal static unsafe partial void SocketsByCgroup(SocketCgroups* cgroups, SocketSums* result, uint limit);
}
