using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>
    /// nsc_visit: enters the namespace of each target, reads its texts into the request's buffer and comes home, or ends
    /// the process. On return no descriptor of a namespace is open.
    /// </summary>
    /// <returns>How many targets are finished; -ENOBUFS where the first does not fit; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_visit")]
    internal static unsafe partial int Visit(Visitor* visitor, Request* request, Target* targets, int count);

    /// <summary>nsc_visitor_close: closes what the visitor holds.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_visitor_close")]
    internal static unsafe partial void VisitorClose(Visitor* visitor);
}
