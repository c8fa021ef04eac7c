using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>nsc_removal.kind.</summary>
    internal enum RemovalKind
    {
        None = 0,

        /// <summary>An interface was removed, or moved to another namespace.</summary>
        Link = 1,

        /// <summary>The number is not that namespace's any more: it is about to be destroyed.</summary>
        Namespace = 2,
    }

    /// <summary>nsc_removal.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Removal
    {
        /// <summary>NSC_REMOVAL_HERE: the namespace that the socket was opened in.</summary>
        internal const int Here = -1;

        internal RemovalKind Kind;

        /// <summary>The number that the socket's namespace has for it, or <see cref="Here"/>.</summary>
        internal int Namespace;
        internal int Index;

        /// <summary>As <see cref="Link.Lower"/>; of a removed veth it is 0, because the pair was separated before.</summary>
        internal int Lower;
        internal int IsVeth;
        internal int Reserved;
        internal ulong RxBytes;
        internal ulong TxBytes;
    }

    /// <summary>nsc_removals_open.</summary>
    /// <param name="receiveBytes">Of messages that wait to be read (SO_RCVBUF).</param>
    /// <param name="allNamespaces">Receives 1 if other namespaces are heard too (CAP_NET_BROADCAST).</param>
    /// <returns>A descriptor that does not block, or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_removals_open")]
    internal static unsafe partial int RemovalsOpen(int receiveBytes, int* allNamespaces);

    /// <summary>nsc_removals_read.</summary>
    /// <param name="descriptor">From <see cref="RemovalsOpen"/>.</param>
    /// <param name="removals">Receives what was reported.</param>
    /// <param name="capacity">The length of <paramref name="removals"/>.</param>
    /// <param name="lost">Receives how often messages were lost.</param>
    /// <returns>How many were read; the capacity: there may be more. Or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_removals_read")]
    internal static unsafe partial int RemovalsRead(int descriptor, Removal* removals, int capacity, int* lost);
}
