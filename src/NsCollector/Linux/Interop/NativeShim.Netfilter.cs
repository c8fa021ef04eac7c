using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>NSC_XTABLES_TABLES: maximum tables of one namespace, of both address families.</summary>
    internal const int MaxXtables = 16;

    /// <summary>Bytes of a table's name, with a NUL.</summary>
    internal const int XtablesNameBytes = 32;

    /// <summary>NSC_XTABLES_HOOKS.</summary>
    internal const int XtablesHooks = 5;

    /// <summary>nsc_xtables_table: one table of legacy iptables or ip6tables.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct XtablesTable
    {
        /// <summary>Where its entries are in the buffer.</summary>
        internal uint Offset;

        /// <summary>Bytes of its entries, or -errno; -ENOBUFS if they do not fit.</summary>
        internal int Length;
        internal uint IsIpv6;

        /// <summary>Bit i: it has a chain for hook i.</summary>
        internal uint ValidHooks;

        /// <summary>Where the chain of each hook begins, in bytes from the first entry.</summary>
        internal fixed uint HookEntry[XtablesHooks];

        /// <summary>Bytes of the buffer that it takes.</summary>
        internal uint Needed;

        /// <summary>With a NUL.</summary>
        internal fixed byte Name[XtablesNameBytes];
    }

    /// <summary>The tables of <see cref="Netfilter"/>.</summary>
    [InlineArray(MaxXtables)]
    internal struct XtablesTables
    {
        private XtablesTable _first;
    }

    /// <summary>nsc_netfilter: what is read of one namespace.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Netfilter
    {
        /// <summary>The address of <see cref="ExchangeCount"/> <see cref="NetlinkExchange"/>s.</summary>
        internal ulong Exchanges;

        /// <summary>The address of what receives the entries of the tables.</summary>
        internal ulong Buffer;
        internal ulong Capacity;

        /// <summary>Bytes for the entries of all tables.</summary>
        internal ulong Needed;
        internal int ExchangeCount;

        /// <summary>Whether the tables of iptables are read.</summary>
        internal uint HasXtables;

        /// <summary>How many of <see cref="Tables"/> were read.</summary>
        internal int TableCount;

        /// <summary>0, or the -errno with which the names of the tables could not be read.</summary>
        internal int ErrorIpv4;
        internal int ErrorIpv6;
        internal int Reserved;
        internal XtablesTables Tables;
    }

    /// <summary>
    /// nsc_netfilter_read: <see cref="NetlinkInside"/>, and in the same visit the tables of iptables that the kernel lists.
    /// </summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="identity">The inode number of the namespace that the process must be in. If it is the namespace of the calling thread, the answer is -ESRCH.</param>
    /// <param name="netfilter">Has the requests and the buffers, and receives the tables.</param>
    /// <returns>0; -ESRCH if the process has exited or is in another namespace; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_netfilter_read")]
    internal static unsafe partial int NetfilterRead(int directory, ulong identity, Netfilter* netfilter);

    /// <summary>nsc_netfilter_read_own: as <see cref="NetfilterRead"/>, in the calling thread's own network namespace.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_netfilter_read_own")]
    internal static unsafe partial void NetfilterReadOwn(Netfilter* netfilter);
}
