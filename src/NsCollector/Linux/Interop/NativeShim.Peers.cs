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
    /// nsc_peers: finds the host's ends of the interfaces of a process's network namespace, and comes home or ends the
    /// process. On return no descriptor of the namespace is open.
    /// </summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="identity">The inode that its namespace must have.</param>
    /// <param name="peers">Receives them.</param>
    /// <param name="capacity">How many there is room for.</param>
    /// <returns>How many there are; 0 where one interface has no such end; -EOVERFLOW where there is no room for all; -ESRCH where the process is gone or elsewhere; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_peers")]
    internal static unsafe partial int Peers(int directory, ulong identity, Peer* peers, int capacity);
}
