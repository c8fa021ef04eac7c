namespace NsCollector.Discover.Identify;

/// <summary>Admits a number of distinct values, and after that only those. Used by one thread.</summary>
/// <remarks>
/// It stores hashes, 4 bytes for each value, so that memory is bounded too. The hashes are seeded in each process
/// (string.GetHashCode), so nobody outside can choose colliding values. A collision by chance admits one value more.
/// </remarks>
/// <param name="max">How many.</param>
internal sealed class DistinctValues(int max)
{
    private readonly HashSet<int> _hashes = [];

    /// <summary>Whether the value is admitted. A new one is if there is room.</summary>
    internal bool Admit(string value)
    {
        int hash = value.GetHashCode(StringComparison.Ordinal);
        return _hashes.Contains(hash) || (_hashes.Count < max && _hashes.Add(hash));
    }
}
