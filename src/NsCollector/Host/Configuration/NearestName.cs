namespace NsCollector.Host.Configuration;

/// <summary>Suggests a name for a mistyped one.</summary>
internal static class NearestName
{
    // Longer than any real name; bounds the work on hostile input.
    private const int MaxLength = 64;

    /// <summary>The candidate with the fewest typing errors, or null if none is similar.</summary>
    internal static string? Find(string name, IEnumerable<string> candidates)
    {
        if (name.Length is 0 or > MaxLength) return null;
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in candidates)
        {
            int distance = Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance >= bestDistance || distance > Allowed(name, candidate)) continue;
            best = candidate;
            bestDistance = distance;
        }

        return best;
    }

    /// <summary>The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.</summary>
    internal static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) cost[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }

    // A third of the name may be wrong; past that a suggestion misleads more than it helps.
    private static int Allowed(string name, string candidate) => Math.Max(1, Math.Max(name.Length, candidate.Length) / 3);
}
