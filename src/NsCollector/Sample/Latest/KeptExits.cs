using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Sample.Events;

namespace NsCollector.Sample.Latest;

/// <summary>The last exits, at most one of each cgroup path, for a limited time and up to a limited number. Any thread may use it.</summary>
/// <param name="keptFor">How long an exit is kept; 0 for not at all.</param>
internal sealed class KeptExits(TimeSpan keptFor)
{
    /// <summary>The most exits that are kept. Beyond it the oldest one is dropped.</summary>
    internal const int Max = 1000;

    private readonly OrderedDictionary<string, KeptExit> _exits = new(StringComparer.Ordinal);
    private readonly long _keptForNs = (long)(keptFor.TotalMilliseconds * 1e6);
    private readonly Lock _lock = new();
    private ImmutableArray<KeptExit> _all = [];
    private bool _hasChanged;

    /// <summary>Keeps an exit, instead of an earlier one of the same cgroup path.</summary>
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

    /// <summary>A container lives in a cgroup with this path.</summary>
    internal void HasSuccessor(string cgroupPath)
    {
        lock (_lock)
        {
            if (_exits.TryGetValue(cgroupPath, out KeptExit? exit)) exit.HasSuccessor = true;
        }
    }

    /// <summary>The exits that are not too old, the oldest one first.</summary>
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
