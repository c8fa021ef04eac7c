using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>
    /// nsc_namespace_identity: a number that distinguishes the network namespace of a process from every other living one;
    /// 0 if the process has exited or nothing can be read.
    /// </summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="mode">Whether it is of ns/net if that is readable, or always of net/dev.</param>
    [LibraryImport(Library, EntryPoint = "nsc_namespace_identity")]
    internal static partial ulong NamespaceIdentity(int directory, Mode mode);
}
