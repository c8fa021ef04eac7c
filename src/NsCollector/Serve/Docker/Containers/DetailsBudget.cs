namespace NsCollector.Serve.Docker.Containers;

/// <summary>Limits the memory for the details of all containers, measured by the sizes of their files. Any thread may use it.</summary>
/// <param name="maxBytes">The maximum.</param>
internal sealed class DetailsBudget(long maxBytes)
{
    /// <summary>The maximum for the files of all containers: 20,000 with 3 kB each.</summary>
    internal const long DefaultBytes = 64 << 20;

    private long _usedBytes;

    /// <summary>Changes what one container uses.</summary>
    /// <param name="before">What it used, in bytes.</param>
    /// <param name="now">What it needs, in bytes.</param>
    /// <returns>False if there is no room; it uses nothing then.</returns>
    internal bool TryChange(long before, long now)
    {
        if (Interlocked.Add(ref _usedBytes, now - before) <= maxBytes || now == 0) return true;
        Interlocked.Add(ref _usedBytes, -now);
        return false;
    }
}
