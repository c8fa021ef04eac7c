using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Decides which cgroup files may be held open. Files have ranks (<see cref="CgroupFile.Rank"/>); the ranks below
/// <see cref="HeldRanks"/> are held for every container, the others are opened, read and closed each cycle. So a host with
/// too few descriptors or too little memory loses some speed for all containers, but no reading.
/// </summary>
/// <remarks>
/// <para>A held file that was read costs <see cref="BytesPerFile"/> of kernel memory, charged to the agent's cgroup, which the
/// kernel cannot reclaim. A held directory, relative to which the other files are opened, costs a descriptor and next to no
/// memory. So directories come first.</para>
/// <para>Invariant: no new descriptor makes <see cref="Held"/> exceed <see cref="Limit"/>. When containers are added,
/// <see cref="HeldRanks"/> falls at once, and each container closes files at its next reading. It rises again only if a
/// tenth of the limit stays free, so that containers starting and exiting near the limit do not open and close files.</para>
/// <para>Thread-safe. What is read for each file, whether its rank is held, takes no lock.</para>
/// </remarks>
internal sealed class HeldFilesBudget
{
    /// <summary>Reserved for everything else: sinks, spool, sockets, .NET, the walk of the cgroup tree.</summary>
    internal const int GeneralReserve = 256;

    /// <summary>Reserved for each container: discovery holds its process's directory and a pidfd.</summary>
    internal const int ReservePerContainer = 2;

    /// <summary>The same if memory is on v2: the watch also holds memory.events.</summary>
    internal const int ReservePerContainerUnifiedMemory = 3;

    /// <summary>Reserved for each container in addition if <see cref="SampleOptions.Peaks"/> is on: the files that looks read.</summary>
    internal const int PeakFilesPerContainer = 3;

    /// <summary>
    /// Kernel memory of a held file that was read: above all seq_file's buffer of a page (seq_read_iter, fs/seq_file.c), the
    /// file, and its dentry and inode, which the kernel cannot reclaim meanwhile. Measured on 6.18: 5,400 bytes.
    /// </summary>
    internal const int BytesPerFile = 5400;

    // Of these, dentry and inode.
    private const int PinnedBytesPerFile = 1000;

    // How far the budget steps back when the kernel refuses a descriptor that it still allowed.
    private const int Backoff = 32;

    // The agent's other memory grows meanwhile, and the sizes of files are only known once they were read.
    private const long MinMemoryReserveBytes = 4 << 20;
    private const long MaxMemoryReserveBytes = 32 << 20;

    // Garbage collections change the room from cycle to cycle.
    private const long RaiseEveryNs = 60_000_000_000;
    private const long RaiseAfterStartNs = 10_000_000_000;

    private readonly Lock _gate = new();
    private readonly int[] _wanted;
    private readonly int _descriptorLimit;
    private readonly int _reservePerContainer;
    private readonly int _peakFilesPerContainer;
    private readonly int _maxHeldFiles;
    private int _directories;
    private int _cap = int.MaxValue;

    // Of held files and those of looks together.
    private int _memoryCap = int.MaxValue;
    private long _raiseAtNs = long.MinValue;
    private int _containers;

    /// <param name="maxHeldFiles"><see cref="SampleOptions.MaxHeldFiles"/>; 0: as many as descriptors and memory allow.</param>
    /// <param name="descriptorLimit">The soft RLIMIT_NOFILE.</param>
    /// <param name="ranks">How many ranks of files there are.</param>
    /// <param name="reservePerContainer">How many descriptors are reserved for each container.</param>
    /// <param name="directories">How many directories of a container may be held.</param>
    /// <param name="peakFilesPerContainer"><see cref="PeakFilesPerContainer"/>, or 0 if there are none.</param>
    internal HeldFilesBudget(
        int maxHeldFiles, int descriptorLimit, int ranks, int reservePerContainer = ReservePerContainer, int directories = 0, int peakFilesPerContainer = 0)
    {
        _peakFilesPerContainer = peakFilesPerContainer;
        _reservePerContainer = reservePerContainer;
        _maxHeldFiles = maxHeldFiles > 0 ? maxHeldFiles : int.MaxValue;
        _descriptorLimit = descriptorLimit;
        _directories = directories;
        _wanted = new int[ranks];
        HeldRanks = ranks;
        HeldDirectories = directories;
    }

    /// <summary>How many containers there are.</summary>
    internal int Containers => _containers;

    /// <summary>The directories of ranks below this are held, for every container.</summary>
    internal int HeldDirectories { get; private set; }

    /// <summary>The files of ranks below this are held.</summary>
    internal int HeldRanks { get; private set; }

    /// <summary>How many files are held now.</summary>
    internal int Held { get; private set; }

    /// <summary>How many files are open for looks between two samples. They are not part of <see cref="Held"/> and not bounded by <see cref="SampleOptions.MaxHeldFiles"/>.</summary>
    internal int PeakFiles { get; private set; }

    /// <summary>Whether there are more <see cref="PeakFiles"/> than fit into the memory that may be used.</summary>
    internal bool ArePeakFilesOverMemory => PeakFiles > _memoryCap;

    /// <summary>How many may be held.</summary>
    internal int Limit { get; private set; } = int.MaxValue;

    /// <summary>What <see cref="Limit"/> is derived from.</summary>
    internal HeldFilesBound Bound { get; private set; }

    /// <summary>
    /// Raises the soft RLIMIT_NOFILE to the hard one, which needs no privilege, and returns the result. (The unit file sets
    /// more, but some hosts have a hard limit as low as 20,000.)
    /// </summary>
    internal static int RaiseDescriptorLimit()
    {
        if (Libc.Getrlimit(Libc.RLIMIT_NOFILE, out Libc.Rlimit limit) < 0) return 1024;
        if (limit.Soft < limit.Hard)
        {
            Libc.Rlimit raised = limit with { Soft = limit.Hard };
            if (Libc.Setrlimit(Libc.RLIMIT_NOFILE, raised) == 0) limit = raised;
        }

        return (int)Math.Min(limit.Soft, int.MaxValue);
    }

    /// <summary>How many files fit into the memory that may still be used.</summary>
    /// <param name="roomBytes">How much more may be charged; what the held files have is charged already.</param>
    /// <param name="limitBytes">The limit, of which a part stays free.</param>
    internal static long FilesFor(long roomBytes, long limitBytes) =>
        (roomBytes - ReserveBytes(limitBytes)) / BytesPerFile;

    /// <summary>A container was added (1) or removed (-1).</summary>
    internal void ChangeContainers(int change)
    {
        lock (_gate)
        {
            _containers += change;
            Decide();
        }
    }

    /// <summary>A file of this rank that is read each cycle was added (1) or removed (-1).</summary>
    internal void ChangeWanted(int rank, int change)
    {
        lock (_gate)
        {
            _wanted[rank] += change;
            Decide();
        }
    }

    /// <summary>Adapts to the memory that may still be used: at once if that is less than before, else after a minute.</summary>
    /// <param name="memory">What this process may use.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="isStarting">Whether the agent has just started. Then twice as much stays free, because its own memory grows most, and more may be held ten seconds later.</param>
    internal void SetMemoryRoom(OwnMemoryCgroup memory, long nowNs, bool isStarting = false)
    {
        lock (_gate) SetMemoryRoomLocked(memory, nowNs, isStarting);
    }

    private void SetMemoryRoomLocked(OwnMemoryCgroup memory, long nowNs, bool isStarting)
    {
        int cap = int.MaxValue;
        if (memory is { RoomBytes: { } room, LimitBytes: { } limit })
        {
            // The kernel counts the dentries and inodes of held files as reclaimable, which they are not.
            long files = (long)Held + PeakFiles;
            if (memory.CountsSlab) room -= files * PinnedBytesPerFile;
            if (isStarting) room -= ReserveBytes(limit);
            cap = (int)Math.Clamp(files + FilesFor(room, limit), 0, int.MaxValue);
        }

        if (cap > _memoryCap && nowNs < _raiseAtNs) return;
        _raiseAtNs = nowNs + (isStarting ? RaiseAfterStartNs : RaiseEveryNs);
        _memoryCap = cap;
        Decide();
    }

    /// <summary>How many files of ranks below <paramref name="ranks"/> a container has, on average.</summary>
    internal int WantedPerContainer(int ranks) => _containers == 0 ? 0 : (int)(Wanted(ranks) / _containers);

    /// <summary>How many files of ranks below <paramref name="ranks"/> all containers have. Complete at the end of a cycle.</summary>
    internal long Wanted(int ranks)
    {
        long sum = 0;
        for (int rank = 0; rank < ranks; rank++) sum += _wanted[rank];
        return sum;
    }

    /// <summary>Reserves a descriptor for one file of a rank; false if it has to be closed after reading.</summary>
    internal bool TryReserve(int rank)
    {
        if (rank >= HeldRanks || Held >= Limit) return false;
        lock (_gate)
        {
            if (rank >= HeldRanks || Held >= Limit) return false;
            Held++;
            return true;
        }
    }

    /// <summary>Releases one descriptor.</summary>
    internal void Release()
    {
        lock (_gate) Held--;
    }

    /// <summary>
    /// Reserves a descriptor and memory for one of the <see cref="PeakFiles"/>. They come before held files, which can be read
    /// without being held.
    /// </summary>
    /// <returns>False if one of the two does not suffice.</returns>
    internal bool TryReservePeakFile()
    {
        lock (_gate)
        {
            long free = (long)_descriptorLimit - GeneralReserve - (long)_reservePerContainer * _containers;
            if (PeakFiles >= Math.Min(free, _memoryCap)) return false;
            PeakFiles++;
            if (_memoryCap != int.MaxValue) Decide();
            return true;
        }
    }

    /// <summary>Releases one of the <see cref="PeakFiles"/>.</summary>
    internal void ReleasePeakFile()
    {
        lock (_gate)
        {
            PeakFiles--;
            if (_memoryCap != int.MaxValue) Decide();
        }
    }

    /// <summary>The kernel refused a descriptor (EMFILE, ENFILE): something else uses more than is reserved for it, so hold fewer from now on.</summary>
    internal void StepBack()
    {
        lock (_gate)
        {
            if (Held < Backoff && _directories > 0) _directories = Math.Max(0, HeldDirectories - 1);
            _cap = Math.Max(0, Math.Min(_cap, Held - Backoff));
            Decide();
        }
    }

    private static long ReserveBytes(long limitBytes) => Math.Clamp(limitBytes / 8, MinMemoryReserveBytes, MaxMemoryReserveBytes);

    private void Decide()
    {
        long free = (long)_descriptorLimit - GeneralReserve - (long)(_reservePerContainer + _peakFilesPerContainer) * _containers;
        HeldDirectories = DecideDirectories(free);
        free -= (long)HeldDirectories * _containers;

        long limit = Math.Min(free, _cap);
        Bound = HeldFilesBound.Descriptors;
        if (_memoryCap - PeakFiles < limit) (limit, Bound) = (_memoryCap - PeakFiles, HeldFilesBound.Memory);
        if (_maxHeldFiles <= limit) (limit, Bound) = (_maxHeldFiles, HeldFilesBound.Configuration);
        Limit = (int)Math.Clamp(limit, 0, int.MaxValue);

        long sum = 0;
        int fit = 0, fitWithSpace = 0;
        for (int rank = 0; rank < _wanted.Length; rank++)
        {
            sum += _wanted[rank];
            if (sum <= Limit) fit = rank + 1;
            if (sum <= Limit - Limit / 10) fitWithSpace = rank + 1;
        }

        if (fit < HeldRanks) HeldRanks = fit;
        else if (fitWithSpace > HeldRanks) HeldRanks = fitWithSpace;
    }

    private int DecideDirectories(long free)
    {
        if (_containers == 0) return _directories;
        int fit = (int)Math.Clamp(free / _containers, 0, _directories);
        int fitWithSpace = (int)Math.Clamp((free - (free / 10)) / _containers, 0, _directories);
        return fit < HeldDirectories ? fit : Math.Max(HeldDirectories, fitWithSpace);
    }
}
