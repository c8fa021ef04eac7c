using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>nsc_peer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Peer
    {
        internal int Index;
        internal int Inside;
        internal InterfaceName Name;
    }

    /// <summary>
    /// nsc_peers: finds the host's veth peers of all interfaces of a process's network namespace. On return the thread is in
    /// its own namespace (else the process is aborted), and no descriptor of the other one is open.
    /// </summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="identity">The inode number that its namespace must have.</param>
    /// <param name="peers">Receives them.</param>
    /// <param name="capacity">The length of <paramref name="peers"/>.</param>
    /// <returns>How many there are; 0 if one interface has no such peer; -EOVERFLOW if there are more than the capacity; -ESRCH if the process has exited or is in another namespace; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_peers")]
    internal static unsafe partial int Peers(int directory, ulong identity, Peer* peers, int capacity);
}
