using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Decides which cgroup files may be held open. Files have ranks (<see cref="CgroupFile.Rank"/>); the ranks below
/// <see cref="HeldRanks"/> are held for every container alike, the others are opened, read and closed each cycle. So a
/// host with more containers than descriptors loses a little speed for all of them and no reading for any.
/// </summary>
/// <remarks>
/// Invariant: <see cref="Held"/> never exceeds <see cref="Limit"/> by a new descriptor. When containers come,
/// <see cref="HeldRanks"/> falls at once, and each container lets go at its next reading. It rises again only where that
/// leaves a tenth of the limit free, so that containers coming and going around the limit do not open and close files.
/// </remarks>
internal sealed class DescriptorBudget
{
    /// <summary>Left for everything else: sinks, spool, sockets, the runtime itself, the walk of the cgroup tree.</summary>
    internal const int GeneralReserve = 256;

    /// <summary>Left for each container: discovery holds its process's directory and a pidfd.</summary>
    internal const int ReservePerContainer = 2;

    /// <summary>The same where memory is on v2: the watch waits for memory.events too.</summary>
    internal const int ReservePerContainerUnifiedMemory = 3;

    // How far the budget steps back when the kernel refuses a descriptor that it still allowed.
    private const int Backoff = 32;

    private readonly int[] _wanted;
    private readonly int _descriptorLimit;
    private readonly int _reservePerContainer;
    private int _cap;
    private int _containers;

    /// <param name="maxHeldFiles"><see cref="SampleOptions.MaxHeldFiles"/>; 0 for what the descriptor limit leaves.</param>
    /// <param name="descriptorLimit">The soft RLIMIT_NOFILE.</param>
    /// <param name="ranks">How many ranks there are.</param>
    /// <param name="reservePerContainer">How many descriptors are left for each container.</param>
    internal DescriptorBudget(int maxHeldFiles, int descriptorLimit, int ranks, int reservePerContainer = ReservePerContainer)
    {
        _reservePerContainer = reservePerContainer;
        _cap = maxHeldFiles > 0 ? maxHeldFiles : int.MaxValue;
        _descriptorLimit = descriptorLimit;
        _wanted = new int[ranks];
        HeldRanks = ranks;
    }

    /// <summary>The files of ranks below this are held.</summary>
    internal int HeldRanks { get; private set; }

    /// <summary>How many files are held now.</summary>
    internal int Held { get; private set; }

    /// <summary>How many may be.</summary>
    internal int Limit { get; private set; } = int.MaxValue;

    /// <summary>
    /// Raises the soft RLIMIT_NOFILE to the hard one, which needs no privilege, and returns what is in force. (The unit file
    /// asks for more; a hard limit as low as 20,000 that nobody may raise is met in practice.)
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

    /// <summary>A container is there (1) or gone (-1).</summary>
    internal void ChangeContainers(int change)
    {
        _containers += change;
        Decide();
    }

    /// <summary>A container has a file of this rank that is read each cycle (1), or has it no longer (-1).</summary>
    internal void ChangeWanted(int rank, int change)
    {
        _wanted[rank] += change;
        Decide();
    }

    /// <summary>How many files of ranks below <paramref name="ranks"/> a container has, on average.</summary>
    internal int WantedPerContainer(int ranks)
    {
        long sum = 0;
        for (int rank = 0; rank < ranks; rank++) sum += _wanted[rank];
        return _containers == 0 ? 0 : (int)(sum / _containers);
    }

    /// <summary>Takes the right to hold one file of a rank; false where it has to be closed after reading.</summary>
    internal bool TryTake(int rank)
    {
        if (rank >= HeldRanks || Held >= Limit) return false;
        Held++;
        return true;
    }

    /// <summary>Gives one back.</summary>
    internal void Release() => Held--;

    /// <summary>The kernel gave no descriptor (EMFILE, ENFILE): something else uses more than is left for it, so hold fewer from now on.</summary>
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
