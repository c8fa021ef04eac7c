using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>
    /// nsc_visit: enters the namespace of each target, reads the request's files into its buffer, and returns to the thread's
    /// own namespace or aborts the process. On return no descriptor of a namespace is open.
    /// </summary>
    /// <returns>How many targets are finished; -ENOBUFS if the first does not fit; -EINVAL for a request that is not valid; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_visit")]
    internal static unsafe partial int Visit(Visitor* visitor, Request* request, Target* targets, int count);

    /// <summary>nsc_visitor_close: closes what the visitor holds.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_visitor_close")]
    internal static unsafe partial void VisitorClose(Visitor* visitor);
}
