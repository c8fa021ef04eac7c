namespace NsCollector.Discover.Identify.Daemons;

/// <summary>
/// The directories that daemons of one kind were found to use. None is removed: containers outlive their daemon (Docker's
/// live-restore, a restart of k3s). One thread adds; any thread may read.
/// </summary>
internal sealed class DaemonDirectories
{
    /// <summary>The most directories that are kept. A host has one for each daemon, rarely more than two.</summary>
    internal const int Max = 32;

    private volatile string[] _paths = [];

    /// <summary>In the order in which they were found, without trailing slashes. The same array until one is added.</summary>
    internal string[] Paths => _paths;

    /// <summary>Adds a directory, unless it is known or there is no room.</summary>
    /// <returns>False if there is no room.</returns>
    internal bool TryAdd(string path)
    {
        if (_paths.Contains(path, StringComparer.Ordinal)) return true;
        if (_paths.Length >= Max) return false;
        _paths = [.. _paths, path];
        return true;
    }
}
