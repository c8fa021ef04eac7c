using System.Numerics;
using System.Runtime.CompilerServices;
using NsCollector.Linux.Bpf;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Peaks;

/// <summary>
/// Opens and closes the files that looks read, within the <see cref="HeldFilesBudget"/>, and reads them. Steady reads allocate
/// nothing. For the sampling thread.
/// </summary>
/// <param name="budget">Has descriptors and memory reserved for them.</param>
/// <param name="counters">Counts failures.</param>
internal sealed class PeakFiles(HeldFilesBudget budget, AgentCounters counters)
{
    // cpu.stat, the longest of these files, has less than 1 KB.
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(4096, pinned: true);

    // How many records are used, by the bit of the part.
    private readonly int[] _records = new int[64];

    /// <summary>The parts of records that are used.</summary>
    internal RecordParts Parts { get; private set; }

    /// <summary>Takes the record in the place of a file, which it closes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="planned">The file of the plan.</param>
    /// <param name="part">Where in the record its number is.</param>
    internal void UseRecord(PeakFile file, CgroupFile planned, RecordParts part)
    {
        Close(file);
        file.File = planned;
        file.Part = part;
        CountRecord(part, 1);
    }

    /// <summary>Reads a file from its beginning.</summary>
    /// <returns>Its text; empty if it could not be read. Then it is closed, and counted unless its cgroup or controller is gone.</returns>
    internal ReadOnlySpan<byte> Read(PeakFile file)
    {
        int length;
        do length = Libc.Pread(file.Descriptor, _buffer, 0);
        while (length == -Errno.EINTR);
        if (length > 0) return _buffer.AsSpan(0, length);
        if (length != -Errno.ENODEV) counters.Add(AgentCounter.ReadErrors);
        Close(file);
        return default;
    }

    /// <summary>Opens a file.</summary>
    /// <returns>False if descriptors or memory do not suffice. A file that is missing or refused stays closed, and the result is true.</returns>
    internal bool TryOpen(PeakFile file, CgroupFile planned, ContainerCgroup cgroup)
    {
        if (!TryOpen(cgroup, planned.Hierarchy, planned.NameWithNul, resetsPeak: false, out int descriptor)) return false;
        file.Descriptor = descriptor;
        file.File = planned;
        return true;
    }

    /// <summary>Opens memory.peak beside a file and resets it, if the kernel and the agent's rights permit that.</summary>
    /// <returns>False if they do not, or descriptors or memory do not suffice: the file stays closed.</returns>
    internal bool TryOpenPeak(PeakFile file, CgroupFile planned, ContainerCgroup cgroup)
    {
        if (!planned.IsV2 || !TryOpen(cgroup, planned.Hierarchy, MemoryPeakFile.NameWithNul, resetsPeak: true, out int descriptor) || descriptor < 0) return false;
        file.Descriptor = descriptor;
        file.File = planned;
        return true;
    }

    /// <summary>Closes a file. May be called again.</summary>
    internal void Close(PeakFile file)
    {
        if (file.IsRecord)
        {
            CountRecord(file.Part, -1);
            file.Part = RecordParts.None;
        }

        if (file.Descriptor < 0) return;
        Libc.Close(file.Descriptor);
        file.Descriptor = -1;
        budget.ReleasePeakFile();
    }

    private void CountRecord(RecordParts part, int change)
    {
        bool isUsed = (_records[BitOperations.TrailingZeroCount((ulong)part)] += change) > 0;
        Parts = isUsed ? Parts | part : Parts & ~part;
    }

    private bool TryOpen(ContainerCgroup cgroup, int hierarchy, ReadOnlySpan<byte> nameWithNul, bool resetsPeak, out int descriptor)
    {
        descriptor = -1;
        if (!budget.TryReservePeakFile()) return false;
        int directory = cgroup.DirectoryDescriptors[hierarchy];
        descriptor = directory >= 0 ? Open(directory, nameWithNul, resetsPeak) : OpenByPath(cgroup, hierarchy, nameWithNul, resetsPeak);
        if (descriptor >= 0) return true;
        budget.ReleasePeakFile();
        if (descriptor is -Errno.EMFILE or -Errno.ENFILE) return false;
        bool isExpected = resetsPeak || descriptor is -Errno.ENOENT or -Errno.ENODEV or -Errno.ENOTDIR;
        if (!isExpected) counters.Add(AgentCounter.ReadErrors);
        descriptor = -1;
        return true;
    }

    [SkipLocalsInit]
    private static int OpenByPath(ContainerCgroup cgroup, int hierarchy, ReadOnlySpan<byte> nameWithNul, bool resetsPeak)
    {
        // PATH_MAX: the kernel accepts no longer path in one call.
        byte[] directory = cgroup.Directories[hierarchy]!;
        int length = directory.Length + nameWithNul.Length;
        if (length > 4096) return -Errno.ENOENT;
        Span<byte> path = stackalloc byte[length];
        directory.CopyTo(path);
        nameWithNul.CopyTo(path[directory.Length..]);
        int descriptor = Open(Libc.AT_FDCWD, path, resetsPeak);
        if (descriptor < 0) return descriptor;

        // The cgroup may have been removed and created again; what is in that one is another container's.
        if (CgroupDirectories.StillExists(cgroup, hierarchy)) return descriptor;
        Libc.Close(descriptor);
        return -Errno.ENOENT;
    }

    private static int Open(int directory, ReadOnlySpan<byte> path, bool resetsPeak) =>
        resetsPeak ? MemoryPeakFile.OpenAndReset(directory, path) : Libc.Openat(directory, path);
}
