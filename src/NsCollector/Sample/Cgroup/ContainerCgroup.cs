using NsCollector.Discover;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// State of one container between two readings of its cgroup: held descriptors, missing files, the last limits, and the CPU
/// usage for the next percentage. Created by <see cref="CgroupSampler.Open"/>, closed by <see cref="CgroupSampler.Close"/>.
/// </summary>
internal sealed class ContainerCgroup
{
    private long _nextStatNs = long.MinValue;

    internal ContainerCgroup(Container container, int files, int hierarchies, int chains, int pageSizes)
    {
        Container = container;
        Init = container.Init;
        Descriptors = new int[files];
        Descriptors.AsSpan().Fill(-1);
        Files = new FileState[files];
        Directories = new byte[]?[hierarchies];
        DirectoryDescriptors = new int[hierarchies];
        DirectoryDescriptors.AsSpan().Fill(-1);
        Exists = new bool[hierarchies];
        Inodes = new ulong[hierarchies];
        WantedInodes = new ulong[hierarchies];
        Chosen = new int[chains];
        Chosen.AsSpan().Fill(-1);
        Carried = new CarriedState(pageSizes);
    }

    /// <summary>State of one file of the plan.</summary>
    internal enum FileState : byte
    {
        /// <summary>Not tried yet, or to be tried again.</summary>
        Unknown,

        /// <summary>It exists; counted in the descriptor budget.</summary>
        Present,

        /// <summary>It does not exist; tried again with the limits, because controllers can be enabled later.</summary>
        Absent,
    }

    /// <summary>The container as it was opened.</summary>
    internal Container Container { get; }

    /// <summary>Its current init process.</summary>
    internal ProcessDirectory? Init { get; set; }

    /// <summary>How many files are held open for it now.</summary>
    internal int HeldFiles { get; set; }

    // By the index of the file in the plan.
    internal int[] Descriptors { get; }

    internal FileState[] Files { get; }

    // By the index of the hierarchy in the plan: the directory's path with a trailing slash, null if the mount does not show
    // it; whether it existed at the last check; and its inode number, which kernfs never reuses.
    internal byte[]?[] Directories { get; }

    // An O_PATH descriptor of the directory, -1 if it is not held. It does not keep the cgroup alive.
    internal int[] DirectoryDescriptors { get; }

    internal bool[] Exists { get; }

    internal ulong[] Inodes { get; }

    /// <summary>The index of its record, if BPF reads it; else -1.</summary>
    internal int RecordIndex { get; set; } = -1;

    /// <summary>The first pass that may have written its record.</summary>
    internal ulong RecordFromPass { get; set; }

    /// <summary>By hierarchy: the cgroup that passes write to the record, 0 for none.</summary>
    internal ulong[] WantedInodes { get; }

    /// <summary>The parent cgroup whose limits apply to CPU time; null if the mount shows none.</summary>
    internal AncestorLimits.Ancestor? CpuAncestor { get; set; }

    /// <summary>The same for memory; always null on v1.</summary>
    internal AncestorLimits.Ancestor? MemoryAncestor { get; set; }

    /// <summary>A hierarchy that had the container has lost it.</summary>
    internal bool LostSome { get; set; }

    internal bool IsClosed { get; set; }

    internal int AppliedHeldRanks { get; set; } = int.MaxValue;

    internal int AppliedHeldDirectories { get; set; } = int.MaxValue;

    internal long NextLimitsNs { get; set; } = long.MinValue;

    /// <summary>When memory.stat is to be read next: see <see cref="Pace"/>.</summary>
    internal ref long NextStatNs => ref _nextStatNs;

    // The runtime may have set the limits after they were last read.
    internal bool LimitsWereEarly { get; set; }

    // When a runtime has certainly set the limits of a container that has just started.
    internal long LimitsSettledNs { get; set; }

    /// <summary>The last limits and state.</summary>
    internal CarriedState Carried { get; }

    internal int LimitsReadings { get; set; }

    // By chain of alternatives: the index of the file that is read, -1 if none exists.
    internal int[] Chosen { get; }

    internal bool HasPreviousUsage { get; set; }

    internal long PreviousUsageNs { get; set; }

    internal long PreviousUsageAtNs { get; set; }

    /// <summary>Every missing file is tried again in the next reading.</summary>
    internal void ForgetAbsentFiles()
    {
        for (int i = 0; i < Files.Length; i++)
        {
            if (Files[i] == FileState.Absent) Files[i] = FileState.Unknown;
        }
    }
}
