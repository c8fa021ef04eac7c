using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>The structures of the watch, of native/nscollector.h.</summary>
internal static partial class NativeShim
{
    internal const int MaxWatchHierarchies = 16;
    internal const int MaxWatchFiles = 32;
    internal const int MaxWatchLinks = 64;

    /// <summary>nsc_watch_file.when.</summary>
    [Flags]
    internal enum WatchWhen : uint
    {
        None = 0,
        AtExit = 1,
        AtOom = 2,
    }

    /// <summary>nsc_watch_record.flags.</summary>
    [Flags]
    internal enum WatchFlags : uint
    {
        None = 0,
        IsEmpty = 1,
        HasStatus = 2,
        HasNetwork = 4,
        IsComplete = 8,
        TextsDropped = 16,
        StatusFollows = 32,
    }

    /// <summary>nsc_watch_hierarchy.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchHierarchy
    {
        internal ulong Mount;
        internal ulong Root;
    }

    /// <summary>nsc_watch_file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchFile
    {
        internal ulong Name;
        internal int Hierarchy;
        internal WatchWhen When;
        internal int InsteadOf;
        internal uint Reserved;
    }

    /// <summary>nsc_watch_plan.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchPlanAddresses
    {
        internal ulong Hierarchies;
        internal ulong Files;
        internal ulong Sys;
        internal ulong RingBytes;
        internal int HierarchyCount;
        internal int FileCount;
        internal int Memory;
        internal int MemoryIsV2;
        internal int Unified;
        internal int MaxContainers;
        internal int Ready;
        internal int Reserved;
    }

    /// <summary>A name of an interface, or of its kind, and a NUL.</summary>
    [InlineArray(Length)]
    internal struct InterfaceName
    {
        /// <summary>IFNAMSIZ: 15 bytes and a NUL.</summary>
        internal const int Length = 16;

        private byte _first;
    }

    /// <summary>nsc_watch_link.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchLink
    {
        internal int Peer;
        internal InterfaceName Name;
        internal InterfaceName PeerName;
    }

    /// <summary>nsc_watch_text.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchText
    {
        internal uint Offset;
        internal int Length;
    }

    /// <summary>NSC_WATCH_FILES of them.</summary>
    [InlineArray(MaxWatchFiles)]
    internal struct WatchTexts
    {
        private WatchText _first;
    }

    /// <summary>nsc_watch_record.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchRecordHead
    {
        internal long Key;
        internal long RealtimeNs;
        internal long BoottimeNs;
        internal long OomKills;
        internal long RxBytes;
        internal long TxBytes;
        internal ulong LinksRead;
        internal uint Network;
        internal int OtherLinks;
        internal uint Life;
        internal int Kind;
        internal WatchFlags Flags;
        internal int Status;
        internal uint Bytes;
        internal int Files;
        internal WatchTexts Texts;
    }

    /// <summary>nsc_watch_scheduling.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchSchedulingResult
    {
        internal int RealTime;
        internal int Nice;
        internal int Error;
        internal int Thread;
    }

    /// <summary>nsc_watch_counts.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WatchCountsResult
    {
        internal long TextsDropped;
        internal long RecordsLost;
        internal long OomUnarmed;
        internal int Containers;
        internal int NamespacesOpen;
        internal int Pending;
        internal int Descriptors;
    }
}
