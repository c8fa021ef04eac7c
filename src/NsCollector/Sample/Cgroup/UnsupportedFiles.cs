namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Files of the plan that this kernel does not have. On v1, all cgroups of a hierarchy have the same files. If a
/// file is missing in several containers, it is not tried for the others: the kernel would keep a negative dentry (about 200 bytes)
/// for each attempt and charge it to the agent. Any thread may call it.
/// </summary>
/// <param name="files">The files of the plan.</param>
internal sealed class UnsupportedFiles(CgroupFile[] files)
{
    // A cgroup that is being removed loses its files before its directory, so one container without the file proves nothing.
    private const int Evidence = 3;

    // A module that is loaded later (BFQ) adds its files to every cgroup (cgroup_add_legacy_cftypes, kernel/cgroup/cgroup.c).
    private const long RetryNs = 60_000_000_000;

    private readonly bool[] _wasSeen = new bool[files.Length];
    private readonly int[] _missing = new int[files.Length];
    private readonly long[] _nextTryNs = new long[files.Length];

    /// <summary>Whether a file need not be tried now.</summary>
    /// <param name="index">The file's index in the plan.</param>
    /// <param name="monotonicNowNs">The monotonic clock.</param>
    internal bool Contains(int index, long monotonicNowNs)
    {
        if (Volatile.Read(ref _missing[index]) < Evidence || _wasSeen[index]) return false;
        long nextTryNs = Volatile.Read(ref _nextTryNs[index]);
        if (monotonicNowNs < nextTryNs) return true;

        // One container tries it for all.
        return Interlocked.CompareExchange(ref _nextTryNs[index], monotonicNowNs + RetryNs, nextTryNs) != nextTryNs;
    }

    /// <summary>A container has the file. It is then tried for every container.</summary>
    internal void AddSeen(int index) => _wasSeen[index] = true;

    /// <summary>A container does not have the file, although its directory exists.</summary>
    internal void AddMissing(int index, long monotonicNowNs)
    {
        CgroupFile file = files[index];
        if (file.IsV2 || file.IsPayload || _wasSeen[index]) return;
        Volatile.Write(ref _nextTryNs[index], monotonicNowNs + RetryNs);

        // If two threads add at the same time, one count may be lost, and one more container tries the file.
        Volatile.Write(ref _missing[index], Volatile.Read(ref _missing[index]) + 1);
    }
}
