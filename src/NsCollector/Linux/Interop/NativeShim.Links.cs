using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>NSC_PLACE_...: where the other end of a link is; from 0 on the index of a candidate.</summary>
    internal static class LinkPlace
    {
        /// <summary>In the same namespace, or there is none.</summary>
        internal const int Same = -1;

        /// <summary>In the namespace of the calling thread.</summary>
        internal const int Host = -2;

        /// <summary>In a namespace that is neither, nor one of the candidates.</summary>
        internal const int Unknown = -3;
    }

    /// <summary>nsc_link: one interface of a namespace.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Link
    {
        internal int Index;

        /// <summary>The interface that it is stacked on, or the other end of a pair; 0: none.</summary>
        internal int Lower;

        /// <summary>Where <see cref="Lower"/> is: <see cref="LinkPlace"/>.</summary>
        internal int Place;

        /// <summary>The bridge, bond, ... of the same namespace that it belongs to; 0: none.</summary>
        internal int Master;

        /// <summary>IFF_...</summary>
        internal uint Flags;

        /// <summary>The index of the host's veth that is the other end of this veth; 0: none.</summary>
        internal int Peer;
        internal ulong RxBytes;
        internal ulong TxBytes;
        internal InterfaceName Name;
        internal InterfaceName Kind;
        internal InterfaceName PeerName;
    }

    /// <summary>nsc_links_namespace.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LinksNamespace
    {
        /// <summary>Never used again while the kernel runs; 0 if unknown.</summary>
        internal ulong Cookie;

        /// <summary>The number that the host's namespace has for it; -1 if it has none.</summary>
        internal int Number;
        internal int Reserved;
    }

    /// <summary>
    /// nsc_links: lists the interfaces of a process's network namespace and finds their other ends. On return the thread is in
    /// its own namespace (else the process is aborted), and no descriptor of the other one is open.
    /// </summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="identity">The inode number that its namespace must have.</param>
    /// <param name="links">Receives them.</param>
    /// <param name="capacity">The length of <paramref name="links"/>.</param>
    /// <param name="candidates">Descriptors of /proc directories of processes in whose namespaces other ends may be.</param>
    /// <param name="candidateCount">Their number.</param>
    /// <param name="found">Receives what is known of the namespace.</param>
    /// <returns>How many there are; -EOVERFLOW if there are more than the capacity; -ESRCH if the process has exited or is in another namespace; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_links")]
    internal static unsafe partial int Links(int directory, ulong identity, Link* links, int capacity, int* candidates, int candidateCount, LinksNamespace* found);

    /// <summary>nsc_own_links: lists the interfaces of the calling thread's own network namespace, without their other ends.</summary>
    /// <param name="links">Receives them.</param>
    /// <param name="capacity">The length of <paramref name="links"/>.</param>
    /// <returns>How many there are; -EOVERFLOW if there are more than the capacity; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_own_links")]
    internal static unsafe partial int OwnLinks(Link* links, int capacity);
}
