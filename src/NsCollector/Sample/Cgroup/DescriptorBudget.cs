using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Decides which cgroup files may be held open. Files have ranks (<see cref="CgroupFile.Rank"/>); the ranks below
/// <see cref="HeldRanks"/> are held for every container, the others are opened, read and closed each cycle. So a host with
/// too few descriptors loses some speed for all containers, but no reading.
/// </summary>
/// <remarks>
/// Invariant: no new descriptor makes <see cref="Held"/> exceed <see cref="Limit"/>. When containers are added,
/// <see cref="HeldRanks"/> falls at once, and each container closes files at its next reading. It rises again only if a
/// tenth of the limit stays free, so that containers starting and exiting near the limit do not open and close files.
/// </remarks>
internal sealed class DescriptorBudget
{
    /// <summary>Reserved for everything else: sinks, spool, sockets, .NET, the walk of the cgroup tree.</summary>
    internal const int GeneralReserve = 256;

    /// <summary>Reserved for each container: discovery holds its process's directory and a pidfd.</summary>
    internal const int ReservePerContainer = 2;

    /// <summary>The same if memory is on v2: the watch also holds memory.events.</summary>
    internal const int ReservePerContainerUnifiedMemory = 3;

    // How far the budget steps back when the kernel refuses a descriptor that it still allowed.
    private const int Backoff = 32;

    private readonly int[] _wanted;
    private readonly int _descriptorLimit;
    private readonly int _reservePerContainer;
    private int _cap;
    private int _containers;

    /// <param name="maxHeldFiles"><see cref="SampleOptions.MaxHeldFiles"/>; 0: as many as the descriptor limit allows.</param>
    /// <param name="descriptorLimit">The soft RLIMIT_NOFILE.</param>
    /// <param name="ranks">How many ranks there are.</param>
    /// <param name="reservePerContainer">How many descriptors are reserved for each container.</param>
    internal DescriptorBudget(int maxHeldFiles, int descriptorLimit, int ranks, int reservePerContainer = ReservePerContainer)
    {
        _reservePerContainer = reservePerContainer;
        _cap = maxHeldFiles > 0 ? maxHeldFiles : int.MaxValue;
        _descriptorLimit = descriptorLimit;
        _wanted = new int[ranks];
        HeldRanks = ranks;
    }

    /// <summary>How many containers there are.</summary>
    internal int Containers => _containers;

    /// <summary>The files of ranks below this are held.</summary>
    internal int HeldRanks { get; private set; }

    /// <summary>How many files are held now.</summary>
    internal int Held { get; private set; }

    /// <summary>How many may be held.</summary>
    internal int Limit { get; private set; } = int.MaxValue;

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

    /// <summary>A container was added (1) or removed (-1).</summary>
    internal void ChangeContainers(int change)
    {
        _containers += change;
        Decide();
    }

    /// <summary>A file of this rank that is read each cycle was added (1) or removed (-1).</summary>
    internal void ChangeWanted(int rank, int change)
    {
        _wanted[rank] += change;
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
        Held++;
        return true;
    }

    /// <summary>Releases one descriptor.</summary>
    internal void Release() => Held--;

    /// <summary>The kernel refused a descriptor (EMFILE, ENFILE): something else uses more than is reserved for it, so hold fewer from now on.</summary>
    internal void StepBack()
    {
        _cap = Math.Max(0, Math.Min(_cap, Held - Backoff));
        Decide();
    }

    private void Decide()
    {
        long forAll = (long)_descriptorLimit - GeneralReserve - (long)_reservePerContainer * _containers;
        Limit = (int)Math.Clamp(Math.Min(forAll, _cap), 0, int.MaxValue);

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
}
