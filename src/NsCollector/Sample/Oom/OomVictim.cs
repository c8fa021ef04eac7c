namespace NsCollector.Sample.Oom;

/// <summary>A victim of an OOM kill, as the kernel's log describes it.</summary>
/// <param name="Pid">Its pid in the initial pid namespace.</param>
/// <param name="Name">Its comm, at most 15 bytes, which the process chooses.</param>
/// <param name="RssBytes">Its resident memory (anonymous, file and shared) when it was killed, in bytes; null if the line does not have it.</param>
/// <param name="OomScoreAdj">Its oom_score_adj, -1000 to 1000; null if the kernel does not write it.</param>
/// <param name="SeenNs">When the line was read, on the monotonic clock.</param>
internal sealed record OomVictim(int Pid, string Name, long? RssBytes, int? OomScoreAdj, long SeenNs)
{
    /// <summary>Maximum nested containers that can report the same victim, because each counts the kills in the containers inside it.</summary>
    private const int MaxClaims = 8;

    private readonly List<long> _claims = [];

    /// <summary>The path of its cgroup in the hierarchy of the memory controller; null if the log does not have it.</summary>
    internal string? Cgroup { get; init; }

    /// <summary>The limit that was reached.</summary>
    internal OomConstraint Constraint { get; init; }

    /// <summary>For <see cref="OomConstraint.Cgroup"/>: the path of the cgroup that reached its limit.</summary>
    internal string? LimitedCgroup { get; init; }

    /// <summary>Assigns it to a container's kills.</summary>
    /// <param name="key">The container's key.</param>
    /// <returns>False if it is assigned already.</returns>
    internal bool TryClaim(long key)
    {
        if (_claims.Count >= MaxClaims || _claims.Contains(key)) return false;
        _claims.Add(key);
        return true;
    }
}
