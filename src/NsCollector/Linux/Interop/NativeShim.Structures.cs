using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>The structures of native/nscollector.h, field by field; <see cref="LayoutMatches"/> compares their sizes.</summary>
internal static partial class NativeShim
{
    /// <summary>NSC_INTERFACE_VERSION that these declarations were written for.</summary>
    internal const int ExpectedInterfaceVersion = 3;

    /// <summary>NSC_IDENTITY_BY_DEV: the identity is the inode of net/dev and not of ns/net.</summary>
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

    /// <summary>The index into nsc_target.sections.</summary>
    internal enum Section
    {
        Dev,
        Snmp,
        Netstat,
        Sockstat,
        ConntrackCount,
        ConntrackMax,
        Count,
    }

    /// <summary>nsc_section.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SectionText
    {
        internal uint Offset;
        internal int Length;
        internal uint CutLines;
    }

    /// <summary>NSC_SECTIONS of them.</summary>
    [InlineArray((int)Section.Count)]
    internal struct SectionTexts
    {
        private SectionText _first;
    }

    /// <summary>nsc_target.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Target
    {
        internal int Directory;
        internal int Outcome;
        internal int Entered;
        internal int Reserved;
        internal ulong NamespaceIdentity;
        internal SectionTexts Sections;
    }

    /// <summary>nsc_request.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Request
    {
        internal Mode Mode;
        internal uint Sections;
        internal uint DevLimit;
        internal uint TextLimit;
        internal ulong LeaveOutByNamespace;
        internal ulong LeaveOutByDev;
        internal ulong Buffer;
        internal ulong Capacity;
        internal ulong Needed;
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
        && SizeOf(5) == sizeof(WatchPeer)
        && SizeOf(6) == sizeof(WatchSchedulingResult)
        && SizeOf(7) == sizeof(WatchCountsResult);
}
