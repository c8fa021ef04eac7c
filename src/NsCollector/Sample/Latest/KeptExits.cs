using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Sample.Events;

namespace NsCollector.Sample.Latest;

/// <summary>The last exits, at most one for each cgroup path, limited in time and number. Any thread may use it.</summary>
/// <param name="keptFor">How long an exit is kept; with 0, none is kept.</param>
internal sealed class KeptExits(TimeSpan keptFor)
{
    /// <summary>Maximum number of exits. A further one replaces the oldest.</summary>
    internal const int Max = 1000;

    private readonly OrderedDictionary<string, KeptExit> _exits = new(StringComparer.Ordinal);
    private readonly long _keptForNs = (long)(keptFor.TotalMilliseconds * 1e6);
    private readonly Lock _lock = new();
    private ImmutableArray<KeptExit> _all = [];
    private bool _hasChanged;

    /// <summary>Keeps an exit. It replaces an earlier one with the same cgroup path.</summary>
    /// <param name="container">The container.</param>
    /// <param name="exit">How it ended; copied.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void Add(Container container, ExitSample exit, long nowNs)
    {
        if (_keptForNs == 0) return;
        lock (_lock)
        {
            _exits.Remove(container.CgroupPath);
            if (_exits.Count == Max) _exits.RemoveAt(0);
            _exits.Add(container.CgroupPath, new KeptExit(container with { Init = null }, exit, nowNs));
            _hasChanged = true;
        }
    }

    /// <summary>Records that a new container has a cgroup with this path.</summary>
    internal void HasSuccessor(string cgroupPath)
    {
        lock (_lock)
        {
            if (_exits.TryGetValue(cgroupPath, out KeptExit? exit)) exit.HasSuccessor = true;
        }
    }

    /// <summary>The exits that have not expired, oldest first.</summary>
    /// <param name="nowNs">The monotonic clock.</param>
    internal ImmutableArray<KeptExit> All(long nowNs)
    {
        lock (_lock)
        {
            while (_exits.Count > 0 && nowNs - _exits.GetAt(0).Value.KeptSinceNs > _keptForNs)
            {
                _exits.RemoveAt(0);
                _hasChanged = true;
            }

            if (_hasChanged) _all = [.. _exits.Values];
            _hasChanged = false;
            return _all;
        }
    }
}
