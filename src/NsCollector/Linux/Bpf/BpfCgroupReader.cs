using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Bpf;

/// <summary>
/// The BPF program of native/bpf and its records: loads it, says which cgroups are wanted, walks over hierarchies. Nothing is pinned, so all
/// of it is gone with the process. For one thread, except for <see cref="Record"/>.
/// </summary>
internal sealed unsafe class BpfCgroupReader : IDisposable
{
    // A cgroup may be wanted in that many hierarchies.
    private const int KeysPerRecord = 4;

    private const int MaxReasonBytes = 512;

    // In unmanaged memory, because the shim keeps no copy.
    private readonly NativeShim.BpfReader* _reader = (NativeShim.BpfReader*)NativeMemory.AllocZeroed((nuint)sizeof(NativeShim.BpfReader));
    private bool _isDisposed;

    private BpfCgroupReader()
    {
    }

    /// <summary>How many records there are.</summary>
    internal int Capacity => (int)_reader->Capacity;

    /// <summary>Whether walks hold the kernel's lock of all cgroups (cgroup_mutex).</summary>
    internal bool HoldsMutex => _reader->RunProgram < 0;

    /// <summary>Loads the program.</summary>
    /// <param name="capacity">How many records there are.</param>
    /// <param name="reason">Why it is not possible; empty if it is.</param>
    /// <returns>Null if it is not possible.</returns>
    internal static BpfCgroupReader? TryOpen(int capacity, out string reason)
    {
        var reader = new BpfCgroupReader();
        byte* text = stackalloc byte[MaxReasonBytes];
        int result = NativeShim.BpfOpen((uint)capacity, (uint)(capacity * KeysPerRecord), reader._reader, text, MaxReasonBytes);
        reason = result < 0 ? Reason(result, Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text))) : "";
        if (result >= 0) return reader;
        reader.Dispose();
        return null;
    }

    /// <summary>The record of an index.</summary>
    internal ref readonly CgroupRecord Record(int index) => ref ((CgroupRecord*)_reader->Records)[index];

    /// <summary>What the kernel has; null before the first walk that visited a cgroup.</summary>
    internal KernelFacts? Facts()
    {
        var facts = (KernelFactsBlock*)(_reader->Control + (ulong)KernelFactsBlock.Offset);
        if (facts->Known == 0) return null;
        return new KernelFacts(
            (RecordFields)facts->Fields, (int)facts->States, (int)facts->Events, (int)facts->MemoryEvents,
            [.. new ReadOnlySpan<short>((byte*)facts + KernelFactsBlock.ItemsOffset, (int)MemoryItem.Count)]);
    }

    /// <summary>From the next walk on, a cgroup is written to a record.</summary>
    /// <param name="id">The inode number of its directory.</param>
    /// <param name="hierarchy">The number of its hierarchy, of the caller's choice.</param>
    /// <param name="index">The record.</param>
    /// <returns>0 or -errno.</returns>
    internal int Want(ulong id, int hierarchy, int index) => NativeShim.BpfWant(_reader, id, (uint)hierarchy, (uint)index);

    /// <summary>The opposite of <see cref="Want"/>.</summary>
    internal void Forget(ulong id, int hierarchy) => NativeShim.BpfForget(_reader, id, (uint)hierarchy);

    /// <summary>A walk over the cgroups of a hierarchy, or over one cgroup.</summary>
    /// <param name="directory">A descriptor of the directory of the first cgroup, which stays in memory until the walk is closed.</param>
    /// <param name="order">Which cgroups are visited.</param>
    /// <param name="hierarchy">As in <see cref="Want"/>.</param>
    /// <returns>A descriptor, which the caller closes, or -errno.</returns>
    internal int OpenWalk(int directory, NativeShim.BpfWalkOrder order, int hierarchy) => NativeShim.BpfWalkOpen(_reader, directory, order, (uint)hierarchy);

    /// <summary>Writes the records of the wanted cgroups.</summary>
    /// <inheritdoc cref="NativeShim.BpfWalk"/>
    internal int Walk(int walk, NativeShim.BpfWalkOrder order, int hierarchy, ulong pass, int maxRounds, long maxRoundNs, out NativeShim.BpfWalkResult result)
    {
        fixed (NativeShim.BpfWalkResult* address = &result)
            return NativeShim.BpfWalk(_reader, walk, order, (uint)hierarchy, pass, (uint)maxRounds, (ulong)maxRoundNs, address);
    }

    /// <summary>Whether <see cref="Look"/> is possible (since Linux 6.7).</summary>
    internal bool CanLook => _reader->LookProgram >= 0;

    /// <summary>Reads what a look between two samples needs of all records.</summary>
    /// <inheritdoc cref="NativeShim.BpfLook"/>
    internal int Look(ulong look, RecordParts parts, int maxRounds, long maxRoundNs) =>
        NativeShim.BpfLook(_reader, look, (ulong)parts, (uint)maxRounds, (ulong)maxRoundNs);

    /// <summary>What looks have read, by the index of the record.</summary>
    internal ref readonly LookRecord LookOf(int index) => ref ((LookRecord*)_reader->Looks)[index];

    /// <summary>Unloads the program. No record may be used any more.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        NativeShim.BpfClose(_reader);
        NativeMemory.Free(_reader);
    }

    private static string Reason(int error, string text)
    {
        if (error == -Errno.EPERM) return text + "; it needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, bpf in SystemCallFilter=, and a kernel that is not locked down";

        // With CAP_BPF alone the kernel refuses what reads its memory (bpf_tracing_func_proto, kernel/trace/bpf_trace.c).
        return text.Contains("cannot use helper", StringComparison.Ordinal) ? text + "; CAP_PERFMON is missing, or the kernel is locked down" : text;
    }
}
