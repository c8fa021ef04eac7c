using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>NSC_BPF_...: which cgroups a walk visits.</summary>
    internal enum BpfWalkOrder
    {
        /// <summary>The cgroup and all below it, parents first.</summary>
        AllBelow = 1,

        /// <summary>Only the cgroup itself.</summary>
        OnlyItself = 2,
    }

    /// <summary>nsc_bpf_reader: a loaded program with its maps.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BpfReader
    {
        internal int Program;

        /// <summary>Walks over cgroups without the kernel's lock of all cgroups; -1 before Linux 6.7.</summary>
        internal int RunProgram;

        /// <summary>Looks at records between two samples; -1 together with <see cref="RunProgram"/>.</summary>
        internal int LookProgram;
        internal int ControlMap;
        internal int RecordsMap;
        internal int WantedMap;
        internal int LooksMap;

        /// <summary>How many records there are.</summary>
        internal uint Capacity;

        /// <summary>The address of the records.</summary>
        internal ulong Records;

        /// <summary>The address of the control block.</summary>
        internal ulong Control;

        /// <summary>The address of what looks have read; 0 without <see cref="LookProgram"/>.</summary>
        internal ulong Looks;
    }

    /// <summary>nsc_bpf_walk_result.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BpfWalkResult
    {
        /// <summary>How many cgroups were visited.</summary>
        internal ulong Visited;

        /// <summary>How many records were written.</summary>
        internal ulong Written;

        /// <summary>How many rounds it took. Without <see cref="BpfReader.RunProgram"/>, each holds the kernel's lock of all cgroups (cgroup_mutex).</summary>
        internal ulong Rounds;

        /// <summary>The longest of these.</summary>
        internal ulong LongestRoundNs;

        /// <summary>0: there are more cgroups than the permitted rounds reach.</summary>
        internal ulong IsComplete;
    }

    /// <summary>nsc_bpf_open: loads the program.</summary>
    /// <param name="capacity">How many records there are.</param>
    /// <param name="keys">How many cgroups may be wanted.</param>
    /// <param name="reader">Receives what was loaded.</param>
    /// <param name="reason">Receives what failed, as text with a NUL.</param>
    /// <param name="reasonSize">The length of <paramref name="reason"/>.</param>
    /// <returns>0 or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_open")]
    internal static unsafe partial int BpfOpen(uint capacity, uint keys, BpfReader* reader, byte* reason, int reasonSize);

    /// <summary>nsc_bpf_close: unloads the program. May be called again.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_close")]
    internal static unsafe partial void BpfClose(BpfReader* reader);

    /// <summary>nsc_bpf_want: from the next walk on, a cgroup is written to a record.</summary>
    /// <param name="reader">From <see cref="BpfOpen"/>.</param>
    /// <param name="id">The inode number of its directory.</param>
    /// <param name="hierarchy">The number of its hierarchy, of the caller's choice.</param>
    /// <param name="index">The record.</param>
    /// <returns>0 or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_want")]
    internal static unsafe partial int BpfWant(BpfReader* reader, ulong id, uint hierarchy, uint index);

    /// <summary>nsc_bpf_forget: the opposite of <see cref="BpfWant"/>.</summary>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_forget")]
    internal static unsafe partial int BpfForget(BpfReader* reader, ulong id, uint hierarchy);

    /// <summary>nsc_bpf_walk_open.</summary>
    /// <param name="reader">From <see cref="BpfOpen"/>.</param>
    /// <param name="directory">A descriptor of the directory of the first cgroup, which stays in memory until the walk is closed.</param>
    /// <param name="order">Which cgroups are visited.</param>
    /// <param name="hierarchy">As in <see cref="BpfWant"/>, below 32.</param>
    /// <returns>A descriptor or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_walk_open")]
    internal static unsafe partial int BpfWalkOpen(BpfReader* reader, int directory, BpfWalkOrder order, uint hierarchy);

    /// <summary>nsc_bpf_walk: writes the records of the wanted cgroups.</summary>
    /// <param name="reader">From <see cref="BpfOpen"/>.</param>
    /// <param name="walk">From <see cref="BpfWalkOpen"/>.</param>
    /// <param name="order">As there.</param>
    /// <param name="hierarchy">As there.</param>
    /// <param name="pass">Is written to the records.</param>
    /// <param name="maxRounds">How many rounds it may take.</param>
    /// <param name="maxRoundNs">How long each, about.</param>
    /// <param name="result">Receives what it took.</param>
    /// <returns>0 or -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_walk")]
    internal static unsafe partial int BpfWalk(
        BpfReader* reader, int walk, BpfWalkOrder order, uint hierarchy, ulong pass, uint maxRounds, ulong maxRoundNs, BpfWalkResult* result);

    /// <summary>nsc_bpf_look: reads what a look between two samples needs of all records.</summary>
    /// <param name="reader">From <see cref="BpfOpen"/>.</param>
    /// <param name="look">Is written to the looks. Not 0, and never the same again.</param>
    /// <param name="parts">What is needed.</param>
    /// <param name="maxRounds">How many rounds it may take.</param>
    /// <param name="maxRoundNs">How long each, about.</param>
    /// <returns>0; -ENOSYS without <see cref="BpfReader.LookProgram"/>; -EAGAIN if the rounds did not suffice; else -errno.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_look")]
    internal static unsafe partial int BpfLook(BpfReader* reader, ulong look, ulong parts, uint maxRounds, ulong maxRoundNs);

    /// <summary>nsc_bpf_item_name: the name of one of the items whose value the program reports.</summary>
    /// <returns>Its length, or -ENOENT.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_item_name")]
    internal static unsafe partial int BpfItemName(int item, byte* name, int size);

    /// <summary>nsc_bpf_offset: where a member of a record is.</summary>
    /// <returns>In bytes; -ENOENT after the last.</returns>
    [LibraryImport(Library, EntryPoint = "nsc_bpf_offset")]
    internal static partial int BpfOffset(int field);
}
