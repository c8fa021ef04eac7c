using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>nsc_netlink_exchange.flags.</summary>
    [Flags]
    internal enum NetlinkFlags : uint
    {
        None = 0,

        /// <summary>The kernel says that the dump may not be consistent (NLM_F_DUMP_INTR).</summary>
        Interrupted = 1,

        /// <summary>The answer is longer than the buffer, which has its first messages, each of them whole.</summary>
        Truncated = 2,
    }

    /// <summary>nsc_netlink_exchange: a request and its answer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct NetlinkExchange
    {
        /// <summary>The address of one message with NLM_F_REQUEST, and NLM_F_DUMP or NLM_F_ACK; aligned to 4 bytes.</summary>
        internal ulong Request;

        /// <summary>The address of what receives the messages of the answer.</summary>
        internal ulong Buffer;

        /// <summary>Bytes; the message says the same.</summary>
        internal uint RequestLength;

        /// <summary>Bytes of the buffer.</summary>
        internal uint Capacity;

        /// <summary>NETLINK_ROUTE, ...</summary>
        internal int Protocol;
        internal NetlinkFlags Flags;

        /// <summary>Bytes of the answer.</summary>
        internal uint Length;

        /// <summary>0, or the -errno of this exchange: the kernel's answer, or -EBADMSG for a malformed one.</summary>
        internal int Error;
    }

    /// <summary>
    /// nsc_netlink_inside: sends requests in the network namespace of a process and receives their answers. On return the thread is
    /// in its own namespace (else the process is aborted), and no descriptor or socket of the other one is open. The kernel loads
    /// the module of a protocol or of a subsystem that is asked for and absent: ask only for what is there.
    /// </summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="identity">The inode number of the namespace that the process must be in. If it is the namespace of the calling thread, the answer is -ESRCH.</param>
    /// <param name="exchanges">The requests, each with its answer.</param>
    /// <param name="count">Their number.</param>
    /// <returns>0 if they were sent, each with its error; -ESRCH if the process has exited or is in another namespace; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_netlink_inside")]
    internal static unsafe partial int NetlinkInside(int directory, ulong identity, NetlinkExchange* exchanges, int count);

    /// <summary>nsc_netlink_here: as <see cref="NetlinkInside"/>, in the calling thread's own network namespace.</summary>
    /// <param name="exchanges">The requests, each with its answer.</param>
    /// <param name="count">Their number.</param>
    [LibraryImport(Library, EntryPoint = "nsc_netlink_here")]
    internal static unsafe partial void NetlinkHere(NetlinkExchange* exchanges, int count);
}
