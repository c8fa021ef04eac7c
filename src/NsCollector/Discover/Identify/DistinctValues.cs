namespace NsCollector.Discover.Identify;

/// <summary>Lets the first so many distinct values through, and from then on only those. Used by one thread.</summary>
/// <remarks>
/// What is kept are hashes, 4 bytes a value whatever its length, so that the bound on values is one on memory as well.
/// They are seeded in each process (string.GetHashCode), so nobody outside can choose two values that count as one; where
/// two do by chance, one value more is let through.
/// </remarks>
/// <param name="max">How many.</param>
internal sealed class DistinctValues(int max)
{
    private readonly HashSet<int> _hashes = [];

    /// <summary>Whether the value is one of those that are let through; it becomes one where there is room.</summary>
    internal bool Admit(string value)
    {
        int hash = value.GetHashCode(StringComparison.Ordinal);
        return _hashes.Contains(hash) || (_hashes.Count < max && _hashes.Add(hash));
    }
}
