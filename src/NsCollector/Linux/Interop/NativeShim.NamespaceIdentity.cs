using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>
    /// nsc_namespace_identity: what tells the network namespace of a process from every other living one; 0 where the
    /// process has ended or nothing can be read.
    /// </summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="mode">Whether ns/net is asked first, or net/dev alone.</param>
    [LibraryImport(Library, EntryPoint = "nsc_namespace_identity")]
    internal static partial ulong NamespaceIdentity(int directory, Mode mode);
}
