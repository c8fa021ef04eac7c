using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>NSC_SOCKETS_PORTS: maximum ports of listening sockets that are reported of one namespace.</summary>
    internal const int MaxListeningPorts = 64;

    /// <summary>NSC_NSID_HERE: the namespace that a socket was opened in.</summary>
    internal const int OwnNamespace = -1;

    /// <summary>nsc_flow.flags.</summary>
    [Flags]
    internal enum FlowFlags : uint
    {
        None = 0,
        Ipv6 = 1,

        /// <summary>The kernel's counts prove that this end has opened the connection.</summary>
        Opened = 2,

        /// <summary>They prove that the other end has.</summary>
        Accepted = 4,
    }

    /// <summary>nsc_nsid_event.kind.</summary>
    internal enum NamespaceNumberEventKind
    {
        None = 0,
        Assigned = 1,

        /// <summary>The namespace is about to be destroyed.</summary>
        Freed = 2,

        /// <summary>Messages were lost: any number may have been freed.</summary>
        Lost = 3,
    }

    /// <summary>nsc_flow: one TCP socket with a peer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Flow
    {
        /// <summary>Identifies the socket as long as the kernel runs.</summary>
        internal ulong Cookie;

        /// <summary>SYN and FIN count as one byte each.</summary>
        internal ulong BytesAcked;
        internal ulong BytesReceived;
        internal uint SegsOut;
        internal uint SegsIn;
        internal uint TotalRetrans;

        /// <summary>Smoothed round-trip time; 0 if it was never measured.</summary>
        internal uint RttUs;

        /// <summary>The number that the receiving socket's namespace has for it, or <see cref="OwnNamespace"/>.</summary>
        internal int Namespace;
        internal ushort LocalPort;
        internal ushort RemotePort;
        internal FlowFlags Flags;
        internal uint Reserved;

        // In the order of the network. An IPv4 address is in the first four bytes.
        internal ulong LocalFirst;
        internal ulong LocalSecond;
        internal ulong RemoteFirst;
        internal ulong RemoteSecond;

        /// <summary>Whether both ends have the same address.</summary>
        internal readonly bool IsToItself => LocalFirst == RemoteFirst && LocalSecond == RemoteSecond;

        /// <summary>The first eight bytes of the remote address as a number; an IPv4 address is its upper half.</summary>
        internal readonly ulong RemoteHigh => FromNetwork(RemoteFirst);

        /// <summary>The last eight bytes of the remote address as a number.</summary>
        internal readonly ulong RemoteLow => FromNetwork(RemoteSecond);

        private static ulong FromNetwork(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>nsc_nsid_event.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct NamespaceNumberEvent
    {
        internal NamespaceNumberEventKind Kind;
        internal int Number;
    }

    /// <summary>nsc_flows_open.</summary>
    /// <param name="receiveBytes">Of messages that wait to be read (SO_RCVBUFFORCE).</param>
    /// <returns>A descriptor that does not block, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_flows_open")]
    internal static partial int FlowsOpen(int receiveBytes);

    /// <summary>nsc_flows_read.</summary>
    /// <param name="descriptor">From <see cref="FlowsOpen"/>.</param>
    /// <param name="flows">Receives the connections.</param>
    /// <param name="capacity">The length of <paramref name="flows"/>.</param>
    /// <param name="messages">Receives how many messages were read; at least the capacity: there may be more.</param>
    /// <returns>How many connections were read, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_flows_read")]
    internal static unsafe partial int FlowsRead(int descriptor, Flow* flows, int capacity, int* messages);

    /// <summary>nsc_flows_lost.</summary>
    /// <returns>How many messages were lost since the socket was opened, modulo 2^32; or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_flows_lost")]
    internal static partial long FlowsLost(int descriptor);

    /// <summary>nsc_rtnetlink_open: a route socket for <see cref="NamespaceNumberAssign"/>.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_rtnetlink_open")]
    internal static partial int RouteOpen();

    /// <summary>nsc_nsid_assign: the number of a process's namespace; the kernel assigns one if it has none.</summary>
    /// <param name="route">From <see cref="RouteOpen"/>.</param>
    /// <param name="directory">A descriptor of its /proc/PID.</param>
    /// <param name="identity">The inode number of its ns/net.</param>
    /// <param name="isNew">Receives 1 if it had none.</param>
    /// <returns>The number, or -errno; -ESTALE if it is in another namespace.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_nsid_assign")]
    internal static unsafe partial int NamespaceNumberAssign(int route, int directory, ulong identity, int* isNew);

    /// <summary>nsc_nsid_open: reports which numbers are assigned and freed.</summary>
    /// <returns>A descriptor that does not block, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_nsid_open")]
    internal static partial int NamespaceNumbersOpen();

    /// <summary>nsc_nsid_read.</summary>
    /// <returns>How many events; the capacity: there may be more. Or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_nsid_read")]
    internal static unsafe partial int NamespaceNumbersRead(int descriptor, NamespaceNumberEvent* events, int capacity);
}
