using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>The structures of native/nscollector.h, field by field; <see cref="LayoutMatches"/> compares their sizes.</summary>
internal static partial class NativeShim
{
    /// <summary>NSC_INTERFACE_VERSION that these declarations were written for.</summary>
    internal const int ExpectedInterfaceVersion = 13;

    /// <summary>NSC_IDENTITY_BY_DEV: the identity is the inode number of net/dev instead of ns/net.</summary>
    internal const ulong IdentityByDev = 1UL << 63;

    /// <summary>nsc_request.mode.</summary>
    internal enum Mode
    {
        Visit = 1,
        Proc = 2,
    }

    /// <summary>nsc_target.outcome; a negative value is an -errno.</summary>
    internal enum Outcome
    {
        Read = 1,
        Host = 2,
        Gone = 3,
    }

    /// <summary>NSC_VISIT_FILES: maximum files of one request.</summary>
    internal const int MaxVisitFiles = 16;

    /// <summary>nsc_visit_file.flags.</summary>
    [Flags]
    internal enum VisitFileFlags : uint
    {
        None = 0,

        /// <summary>The visit of a target fails if this file cannot be read.</summary>
        Required = 1,

        /// <summary>A longer text is cut at the limit and its other lines are counted; without this it is -EFBIG.</summary>
        Truncate = 2,
    }

    /// <summary>nsc_visit_file: a file to read in every namespace.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct VisitFile
    {
        /// <summary>The address of its path with a NUL: "net/NAME", or an absolute path that follows the reading thread.</summary>
        internal ulong Path;

        /// <summary>Bytes of one text.</summary>
        internal uint Limit;
        internal VisitFileFlags Flags;
    }

    /// <summary>nsc_visit_text.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct VisitText
    {
        internal uint Offset;

        /// <summary>Bytes, or -errno; 0 if it was not read.</summary>
        internal int Length;
        internal uint CutLines;
    }

    /// <summary>nsc_target.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Target
    {
        internal int Directory;
        internal int Outcome;
        internal int Entered;

        /// <summary>Bit i: file i is not read.</summary>
        internal uint Skipped;
        internal ulong NamespaceIdentity;
    }

    /// <summary>nsc_request.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Request
    {
        internal Mode Mode;
        internal int FileCount;

        /// <summary>The address of <see cref="FileCount"/> <see cref="VisitFile"/>s.</summary>
        internal ulong Files;

        /// <summary>The address of <see cref="FileCount"/> <see cref="VisitText"/>s for each target.</summary>
        internal ulong Texts;
        internal ulong ExcludedNamespace;
        internal ulong ExcludedDev;
        internal ulong Buffer;
        internal ulong Capacity;
        internal ulong Needed;

        /// <summary>The address of a <see cref="SocketSums"/> for each target; 0 for none.</summary>
        internal ulong Sockets;
        internal uint SocketLimit;
        internal uint FlowCapacity;

        /// <summary>The address of <see cref="FlowCapacity"/> <see cref="Flow"/>s; 0 for none.</summary>
        internal ulong Flows;
    }

    /// <summary>nsc_visitor.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Visitor
    {
        internal int ThreadNet;
        internal int Thread;
        internal int Follows;
        internal int Open;
    }

    [LibraryImport(Library, EntryPoint = "nsc_size_of")]
    private static partial int SizeOf(int structure);

    /// <summary>Whether the shim in use was built from the header that these declarations mirror.</summary>
    internal static unsafe bool LayoutMatches() =>
        InterfaceVersion() == ExpectedInterfaceVersion
        && SizeOf(0) == sizeof(Target)
        && SizeOf(1) == sizeof(Request)
        && SizeOf(2) == sizeof(Visitor)
        && SizeOf(3) == sizeof(WatchPlanAddresses)
        && SizeOf(4) == sizeof(WatchRecordHead)
        && SizeOf(5) == sizeof(WatchLink)
        && SizeOf(6) == sizeof(WatchSchedulingResult)
        && SizeOf(7) == sizeof(WatchCountsResult)
        && SizeOf(8) == sizeof(VisitFile)
        && SizeOf(9) == sizeof(VisitText)
        && SizeOf(10) == sizeof(Link)
        && SizeOf(11) == sizeof(LinksNamespace)
        && SizeOf(12) == sizeof(Removal)
        && SizeOf(13) == sizeof(SocketSums)
        && SizeOf(14) == sizeof(SocketCgroups)
        && SizeOf(15) == sizeof(Flow)
        && SizeOf(16) == sizeof(NamespaceNumberEvent)
        && SizeOf(17) == sizeof(NetlinkExchange)
        && SizeOf(18) == sizeof(Netfilter);
}
