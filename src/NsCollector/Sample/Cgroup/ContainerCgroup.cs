using NsCollector.Discover;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// What is kept of one container between two readings of its cgroup: held descriptors, which files are missing, the limits
/// as last read, and the CPU usage that the next percentage starts from. Made by <see cref="CgroupSampler.Open"/>, given
/// closed by <see cref="CgroupSampler.Close"/>.
/// </summary>
internal sealed class ContainerCgroup
{
    internal ContainerCgroup(Container container, int files, int hierarchies, int chains, int pageSizes)
    {
        Container = container;
        Init = container.Init;
        Descriptors = new int[files];
        Descriptors.AsSpan().Fill(-1);
        Files = new FileState[files];
        Directories = new byte[]?[hierarchies];
        Exists = new bool[hierarchies];
        Inodes = new ulong[hierarchies];
        Chosen = new int[chains];
        Chosen.AsSpan().Fill(-1);
        Carried = new CarriedState(pageSizes);
    }

    /// <summary>What is known of one file of the plan.</summary>
    internal enum FileState : byte
    {
        /// <summary>Not asked yet, or to be asked again.</summary>
        Unknown,

        /// <summary>It is there; counted in the descriptor budget.</summary>
        Present,

        /// <summary>It is not; asked again with the limits, as controllers can be enabled later.</summary>
        Absent,
    }

    /// <summary>Whose it is.</summary>
    internal Container Container { get; }

    /// <summary>Its init process as known now.</summary>
    internal ProcessDirectory? Init { get; set; }

    /// <summary>How many files are held open for it now.</summary>
    internal int HeldFiles { get; set; }

    // By the index of the file in the plan.
    internal int[] Descriptors { get; }

    internal FileState[] Files { get; }

    // By the index of the hierarchy in the plan: the directory's path with a trailing slash, null where the mount does not
    // show it; whether it was there when last looked at; and its inode number, which kernfs gives to no other.
    internal byte[]?[] Directories { get; }

    internal bool[] Exists { get; }

    internal ulong[] Inodes { get; }

    /// <summary>A hierarchy that had the container has lost it.</summary>
    internal bool LostSome { get; set; }

    internal bool IsClosed { get; set; }

    internal int AppliedHeldRanks { get; set; } = int.MaxValue;

    internal long NextLimitsNs { get; set; } = long.MinValue;

    // The runtime may have been still at it when the limits were read first.
    internal bool LimitsWereEarly { get; set; }

    /// <summary>What was read with the limits.</summary>
    internal CarriedState Carried { get; }

    internal int LimitsReadings { get; set; }

    // By chain of alternatives: the index of the file that is read, -1 if none exists.
    internal int[] Chosen { get; }

    internal bool HasPreviousUsage { get; set; }

    internal long PreviousUsageNs { get; set; }

    internal long PreviousUsageAtNs { get; set; }

    /// <summary>Has every file that was missing tried again.</summary>
    internal void ForgetAbsentFiles()
    {
        for (int i = 0; i < Files.Length; i++)
        {
            if (Files[i] == FileState.Absent) Files[i] = FileState.Unknown;
        }
    }
}
