using NsCollector.Linux.Interop;
using NsCollector.Telemetry;
using static NsCollector.Sample.Cgroup.ContainerCgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Reads cgroup files whole into one buffer that all containers share. For one thread; allocates only when a text or path is
/// longer than any before.
/// </summary>
/// <remarks>
/// A file is opened once, held within the <see cref="HeldFilesBudget"/>, and read with pread(2) at offset 0, which makes
/// kernfs render it again. A held file does not keep the cgroup alive: after rmdir reading it fails with ENODEV, opening it
/// with ENOENT. Both mean that the hierarchy has lost the container. Nothing here throws: a failed file is counted, and its
/// readings are absent in that cycle.
/// </remarks>
internal sealed class CgroupFileReader : IDisposable
{
    /// <summary>The largest file that is read; a longer one is counted as a read error and what fits is used.</summary>
    internal const int MaxFileBytes = 1 << 20;

    // Each of these files is one record of the kernel (seq_show), which one read returns whole. A second pread confirms that
    // if the text does not end in a line feed, or is so long that the kernel may have filled a page and stopped before the
    // next line. A second pread of every file would cost a quarter more.
    private const int ConfirmFromBytes = 3072;

    // A file's name and the NUL byte, after the directory.
    private const int MaxNameBytes = 256;

    private static readonly byte[] Root = [(byte)'/', 0];

    private readonly CgroupFile[] _files;
    private readonly HeldFiles _held;
    private readonly UnsupportedFiles _unsupported;
    private readonly AgentCounters _counters;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private byte[] _path = new byte[4096 + MaxNameBytes];

    private int _filesOverBudget;

    // A descriptor reserved for when no other is left.
    private int _spare = OpenSpare();

    /// <param name="files">The files of the plan.</param>
    /// <param name="held">The held files.</param>
    /// <param name="unsupported">Records which files exist.</param>
    /// <param name="counters">Counts failures.</param>
    internal CgroupFileReader(CgroupFile[] files, HeldFiles held, UnsupportedFiles unsupported, AgentCounters counters)
    {
        _files = files;
        _held = held;
        _unsupported = unsupported;
        _counters = counters;
    }

    /// <summary>The last text.</summary>
    internal ReadOnlySpan<byte> Text(int length) => _buffer.AsSpan(0, length);

    /// <summary>Adds what was counted while reading to the agent's counters.</summary>
    internal void AddCounts()
    {
        if (_filesOverBudget == 0) return;
        _counters.Add(AgentCounter.FilesOverBudget, _filesOverBudget);
        _filesOverBudget = 0;
    }

    /// <summary>Reads one file of a container.</summary>
    /// <returns>The length of its text, or -1 if it is missing, failed (counted), or its hierarchy has lost the container.</returns>
    internal int Read(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        int descriptor = cgroup.Descriptors[index];
        if (descriptor >= 0)
        {
            int length = ReadWhole(descriptor);
            return length >= 0 ? length : ApplyReadFailure(cgroup, index, length);
        }

        return OpenAndRead(cgroup, index, ref reading);
    }

    /// <summary>Reads a file in an open directory: opens, reads and closes it.</summary>
    /// <param name="directory">The directory's descriptor, or AT_FDCWD.</param>
    /// <param name="nameWithNul">The file's name.</param>
    /// <param name="maxBytes">The most that is read.</param>
    /// <returns>The length of its text, or -errno.</returns>
    internal int ReadAt(int directory, ReadOnlySpan<byte> nameWithNul, int maxBytes = MaxFileBytes)
    {
        int descriptor = OpenFile(directory, nameWithNul, out bool isExhausted);
        int length = descriptor;
        if (descriptor >= 0)
        {
            length = ReadWhole(descriptor, maxBytes);
            Libc.Close(descriptor);
        }

        if (isExhausted) _spare = OpenSpare();
        return length;
    }

    /// <summary>Closes the spare descriptor; files of containers are closed one by one.</summary>
    public void Dispose()
    {
        if (_spare >= 0) Libc.Close(_spare);
        _spare = -1;
    }

    private int OpenAndRead(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        CgroupFile file = _files[index];
        int directory = DirectoryOf(cgroup, file.Hierarchy);
        int descriptor = directory >= 0
            ? OpenFile(directory, file.NameWithNul, out bool isExhausted)
            : OpenFile(Libc.AT_FDCWD, PathOf(cgroup, file.Hierarchy, file.NameWithNul), out isExhausted);
        int length;
        if (descriptor < 0)
        {
            length = ApplyOpenFailure(cgroup, index, descriptor, ref reading);
        }
        else
        {
            _unsupported.AddSeen(index);
            length = ReadWhole(descriptor);
            if (length < 0)
            {
                Libc.Close(descriptor);
                length = ApplyReadFailure(cgroup, index, length);
            }
            else
            {
                HoldOrClose(cgroup, index, descriptor, isExhausted, reading.IsWithLimits);
            }
        }

        if (isExhausted) _spare = OpenSpare();
        return length;
    }

    /// <summary>Opens a file, without a free descriptor in place of the spare one, which the caller then opens again.</summary>
    private int OpenFile(int directory, ReadOnlySpan<byte> path, out bool isExhausted)
    {
        int descriptor = Libc.Openat(directory, path);
        isExhausted = descriptor is -Errno.EMFILE or -Errno.ENFILE;
        if (!isExhausted) return descriptor;

        // Closing the spare descriptor allows one file to be read.
        _held.Budget.StepBack();
        if (_spare >= 0) Libc.Close(_spare);
        _spare = -1;
        return Libc.Openat(directory, path);
    }

    private void HoldOrClose(ContainerCgroup cgroup, int index, int descriptor, bool isExhausted, bool isWithLimits)
    {
        // An alternative that is only tried is not held and not counted in the budget. Nor is cgroup.procs: on v1, an open file shows
        // the same list again if it was read less than a second before (cgroup_pidlist_start in kernel/cgroup/cgroup-v1.c).
        CgroupFile file = _files[index];
        bool isEachCycle = !file.IsSlow && file.Kind != CgroupFileKind.Processes && (file.Chain < 0 || !isWithLimits || cgroup.Chosen[file.Chain] == index);
        if (isEachCycle)
        {
            _held.SetPresent(cgroup, index);
            if (!isExhausted && _held.TryHold(cgroup, index, descriptor)) return;
            _filesOverBudget++;
        }

        Libc.Close(descriptor);
    }

    /// <summary>The held directory of a container, which is opened now if the budget allows it; else negative.</summary>
    private int DirectoryOf(ContainerCgroup cgroup, int hierarchy)
    {
        ref int held = ref cgroup.DirectoryDescriptors[hierarchy];
        if (held >= 0 || !_held.MayHoldDirectory(hierarchy)) return held;
        int directory = Libc.Openat(Libc.AT_FDCWD, PathOf(cgroup, hierarchy, [0]), Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory < 0) return directory;

        // The cgroup may have been removed and created again; what is in that one is another container's.
        if (Libc.Statx(directory, [0], out FileStatus status) == 0 && status.Inode == cgroup.Inodes[hierarchy]) return held = directory;
        Libc.Close(directory);
        return -1;
    }

    private ReadOnlySpan<byte> PathOf(ContainerCgroup cgroup, int hierarchy, ReadOnlySpan<byte> nameWithNul)
    {
        byte[] directory = cgroup.Directories[hierarchy]!;
        if (directory.Length + MaxNameBytes > _path.Length) Array.Resize(ref _path, directory.Length + MaxNameBytes);
        directory.CopyTo(_path, 0);
        nameWithNul.CopyTo(_path.AsSpan(directory.Length));
        return _path.AsSpan(0, directory.Length + nameWithNul.Length);
    }

    private int ApplyOpenFailure(ContainerCgroup cgroup, int index, int error, ref CgroupReading reading)
    {
        if (error is not (-Errno.ENOENT or -Errno.ENODEV or -Errno.ENOTDIR))
        {
            _counters.Add(AgentCounter.ReadErrors);
            return -1;
        }

        // One check in each reading is enough to distinguish a missing file from a missing directory.
        int hierarchy = _files[index].Hierarchy;
        ulong bit = 1UL << hierarchy;
        bool wasSeen = cgroup.Files[index] == FileState.Unknown && (reading.SeenHierarchies & bit) != 0;
        if (wasSeen || CgroupDirectories.StillExists(cgroup, hierarchy))
        {
            reading.SeenHierarchies |= bit;
            _held.Release(cgroup, index, FileState.Absent);

            // The topmost cgroup lacks files that all others have (CFTYPE_NOT_ON_ROOT, include/linux/cgroup-defs.h).
            if (!cgroup.Container.IsParent) _unsupported.AddMissing(index, reading.NowNs);
        }
        else
        {
            _held.LoseHierarchy(cgroup, hierarchy);
        }

        return -1;
    }

    private int ApplyReadFailure(ContainerCgroup cgroup, int index, int error)
    {
        int hierarchy = _files[index].Hierarchy;
        switch (error)
        {
            case -Errno.ENODEV:
                // A pressure file that was switched off fails like one whose cgroup was removed. Opening it by path in the next
                // reading shows which it is.
                if (CgroupDirectories.StillExists(cgroup, hierarchy)) _held.Release(cgroup, index, FileState.Unknown);
                else _held.LoseHierarchy(cgroup, hierarchy);
                break;
            case -Errno.EOPNOTSUPP:
                // With accounting switched off, a pressure file can be opened but not read.
                _held.Release(cgroup, index, FileState.Absent);
                break;
            default:
                _counters.Add(AgentCounter.ReadErrors);
                break;
        }

        return -1;
    }

    private int ReadWhole(int descriptor, int maxBytes = MaxFileBytes)
    {
        int length = Pread(descriptor, 0);
        if (length < ConfirmFromBytes && (length <= 0 || _buffer[length - 1] == KernelText.LineFeed)) return length;
        while (true)
        {
            if (length == _buffer.Length)
            {
                if (length >= maxBytes)
                {
                    _counters.Add(AgentCounter.ReadErrors);
                    return length;
                }

                // Read from the start again: the kernel renders the text again, and offsets may have moved.
                _buffer = GC.AllocateUninitializedArray<byte>(length * 2, pinned: true);
                length = 0;
            }

            int more = Pread(descriptor, length);
            if (more < 0) return more;
            if (more == 0) return length;
            length += more;
        }
    }

    private int Pread(int descriptor, int offset)
    {
        int read;
        do read = Libc.Pread(descriptor, _buffer.AsSpan(offset), offset);
        while (read == -Errno.EINTR);
        return read;
    }

    private static int OpenSpare() => Libc.Openat(Libc.AT_FDCWD, Root, Libc.O_PATH);
}
