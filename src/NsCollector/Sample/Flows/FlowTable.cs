using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Flows;

/// <summary>
/// Adds up closed connections by namespace, direction, remote and port, in two buffers: one receives, the other has the last
/// complete interval. Nothing allocates but a new namespace.
/// </summary>
/// <remarks>For any thread. What <see cref="Swap"/> returns is for the sampling thread until the next one.</remarks>
internal sealed class FlowTable
{
    /// <summary>Maximum namespaces whose connections are added up, whether they belong to containers or not.</summary>
    internal const int MaxNamespaces = 65_536;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, FlowNamespace> _byNumber = [];
    private readonly FlowOptions _options;
    private readonly bool _withLoopback;
    private readonly AgentCounters _counters;
    private FlowBuffer _current, _last;

    /// <param name="options">The limits and prefixes.</param>
    /// <param name="withLoopback">Whether connections that stay in their namespace are added up.</param>
    /// <param name="counters">Counts FlowsOverLimit.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal FlowTable(FlowOptions options, bool withLoopback, AgentCounters counters, long nowNs)
    {
        _options = options;
        _withLoopback = withLoopback;
        _counters = counters;
        _current = new FlowBuffer(0, options.MaxRemotes);
        _last = new FlowBuffer(1, options.MaxRemotes);
        _current.Begin(1, nowNs);
    }

    /// <summary>Adds closed connections. Those of the host's own namespace are left out.</summary>
    internal void Add(ReadOnlySpan<NativeShim.Flow> flows)
    {
        lock (_lock)
        {
            foreach (ref readonly NativeShim.Flow flow in flows)
            {
                if (flow.Namespace < 0 || (!_withLoopback && FlowKey.IsLocal(in flow))) continue;
                if (Find(flow.Namespace) is { } owner) Add(owner, in flow);
                else _counters.Add(AgentCounter.FlowsOverLimit);
            }
        }
    }

    /// <summary>Says whose namespace has a number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="identity">The inode number of the namespace.</param>
    /// <param name="before">What was known of the namespace; null if nothing.</param>
    /// <param name="isWhole">Whether it is heard since it was created.</param>
    /// <returns>The connections of the namespace, also those that were closed before this call.</returns>
    internal FlowNamespace Bind(int number, ulong identity, FlowNamespace? before, bool isWhole)
    {
        lock (_lock)
        {
            if (_byNumber.TryGetValue(number, out FlowNamespace? found) && (found.Identity == identity || found.Identity == 0))
            {
                if (found.Identity == 0) found.IsWhole = isWhole && before?.Identity != identity;
                found.Identity = identity;
                return found;
            }

            // The message that the number was freed has not been read yet.
            if (found is not null) found.Number = -1;
            FlowNamespace owner = before?.Identity == identity ? before : new FlowNamespace { Identity = identity };
            owner.IsWhole = isWhole && owner != before;
            owner.Number = number;
            _byNumber[number] = owner;
            return owner;
        }
    }

    /// <summary>The kernel has freed a number.</summary>
    internal void Free(int number)
    {
        lock (_lock)
        {
            if (_byNumber.Remove(number, out FlowNamespace? freed)) freed.Number = -1;
        }
    }

    /// <summary>Any number may have been freed: each namespace has to be found again.</summary>
    internal void FreeAll()
    {
        lock (_lock)
        {
            foreach (FlowNamespace owner in _byNumber.Values) owner.Number = -1;
            _byNumber.Clear();
        }
    }

    /// <summary>Ends the interval.</summary>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="lost">Closed connections of the whole host that were lost in it.</param>
    /// <returns>Its sums.</returns>
    internal FlowBuffer Swap(long nowNs, long lost)
    {
        lock (_lock)
        {
            _current.End(nowNs, lost);
            (_current, _last) = (_last, _current);
            _current.Begin(_last.Generation + 1, nowNs);
            return _last;
        }
    }

    /// <summary>The sums of a namespace since it is known.</summary>
    internal FlowSums TotalsOf(FlowNamespace owner)
    {
        lock (_lock) return owner.Totals;
    }

    private void Add(FlowNamespace owner, in NativeShim.Flow flow)
    {
        FlowDirection direction = owner.DirectionOf(flow.LocalPort, (flow.Flags & NativeShim.FlowFlags.Opened) != 0);
        FlowKey key = FlowKey.Of(in flow, direction, _options.PrefixIpv4, _options.PrefixIpv6);
        ref FlowSums sums = ref _current.SumsOf(owner, in key, out bool isOther);
        if (isOther) _counters.Add(AgentCounter.FlowsOverLimit);
        sums.Add(in flow, isClosed: true);
        owner.Totals.Add(in flow, isClosed: true);
    }

    // The number of a namespace that is not known yet may become a container's.
    private FlowNamespace? Find(int number)
    {
        if (_byNumber.TryGetValue(number, out FlowNamespace? owner)) return owner;
        if (_byNumber.Count >= MaxNamespaces) return null;
        owner = new FlowNamespace { Number = number };
        _byNumber.Add(number, owner);
        return owner;
    }
}
