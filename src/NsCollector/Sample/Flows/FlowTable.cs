using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Flows;

/// <summary>
/// Adds up connections by namespace, direction, remote and port, in two buffers: one receives, the other has the last
/// complete interval. Only new namespaces and more living connections than before allocate.
/// </summary>
/// <remarks>For any thread. What <see cref="Swap"/> returns is for the sampling thread until the next one.</remarks>
internal sealed class FlowTable
{
    /// <summary>Maximum namespaces whose connections are added up, whether they belong to containers or not.</summary>
    internal const int MaxNamespaces = 65_536;

    /// <summary>Maximum living connections of which it is remembered what was counted. Of further ones, everything is added when they are closed.</summary>
    internal const int MaxOpen = 131_072;

    // Of more, nothing of the dump is added; the next one has it.
    private const int MaxClosedInDump = 65_536;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, FlowNamespace> _byNumber = [];
    private readonly FlowOptions _options;
    private readonly bool _withLoopback;
    private readonly AgentCounters _counters;
    private FlowBuffer _current, _last;
    private int _openCount;

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
                if (Find(flow.Namespace) is { } owner) AddClosed(owner, flow);
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
                if (before is not null && before != found && before.Identity == identity)
                {
                    (found.Open, before.Open) = (before.Open, null);
                    found.Dumps = before.Dumps;
                }

                return found;
            }

            // The message that the number was freed has not been read yet.
            if (found is not null) End(found);
            FlowNamespace owner = before?.Identity == identity ? before : new FlowNamespace(this) { Identity = identity };
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
            if (_byNumber.Remove(number, out FlowNamespace? freed)) End(freed);
        }
    }

    /// <summary>Any number may have been freed: each namespace has to be found again.</summary>
    internal void FreeAll()
    {
        lock (_lock)
        {
            // Most of them still exist, so what was counted of their connections is kept.
            foreach (FlowNamespace owner in _byNumber.Values) owner.Number = -1;
            _byNumber.Clear();
        }
    }

    /// <summary>A dump of the connections of a namespace is about to begin.</summary>
    internal void BeginDump(FlowNamespace owner)
    {
        lock (_lock)
        {
            owner.IsInDump = true;
            owner.ClosedInDump ??= [];
            owner.ClosedInDump.Clear();
        }
    }

    /// <summary>A dump has failed.</summary>
    internal void CancelDump(FlowNamespace owner)
    {
        lock (_lock) owner.IsInDump = false;
    }

    /// <summary>Ends a dump, and adds what its connections have transferred since the dump before.</summary>
    /// <param name="owner">The namespace.</param>
    /// <param name="flows">The connections, which are overwritten.</param>
    /// <param name="isWhole">Whether they are all that the namespace has.</param>
    internal void EndDump(FlowNamespace owner, Span<NativeShim.Flow> flows, bool isWhole)
    {
        lock (_lock)
        {
            bool isUsed = owner is { IsInDump: true, Number: >= 0, ClosedInDump.Count: < MaxClosedInDump };
            owner.IsInDump = false;
            if (!isUsed) return;

            // What they have transferred before the agent started is not of this interval.
            bool isBaseline = owner is { Dumps: 0, IsWhole: false };
            owner.Dumps++;
            foreach (ref NativeShim.Flow flow in flows)
            {
                if ((!_withLoopback && FlowKey.IsLocal(in flow)) || owner.ClosedInDump!.Contains(flow.Cookie)) continue;
                AddOpen(owner, ref flow, isBaseline);
            }

            if (isWhole) ForgetGone(owner);
        }
    }

    /// <summary>A container does not have this namespace any more.</summary>
    internal void Release(FlowNamespace owner)
    {
        lock (_lock)
        {
            if (owner.Number < 0) ForgetOpen(owner);
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

    /// <summary>Adds the points of the running interval so far, and removes them from it: a container has exited.</summary>
    /// <param name="owner">Its namespace.</param>
    /// <param name="rows">Adds points.</param>
    /// <param name="into">Receives them.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="lost">Closed connections of the whole host that were lost in the interval so far.</param>
    /// <returns>The sums since the namespace is known.</returns>
    internal FlowSums TakeRunning(FlowNamespace owner, FlowRows rows, RowTable into, long nowNs, long lost)
    {
        lock (_lock)
        {
            long beganNs = _current.BeganNs;
            if (owner.PublishedGeneration != _last.Generation && _last.ListOf(owner) is not null)
            {
                // The last interval has ended after the last sample.
                owner.PublishedGeneration = _last.Generation;
                beganNs = _last.BeganNs;
                lost += _last.Lost;
                _current.AddAll(_last, owner);
            }

            rows.Add(_current, owner, into, nowNs - beganNs, lost);
            _current.Remove(owner);
            return owner.Totals;
        }
    }

    /// <summary>The sums of a namespace since it is known.</summary>
    internal FlowSums TotalsOf(FlowNamespace owner)
    {
        lock (_lock) return owner.Totals;
    }

    // The namespace does not exist any more.
    private void End(FlowNamespace owner)
    {
        owner.Number = -1;
        ForgetOpen(owner);
    }

    private void ForgetOpen(FlowNamespace owner)
    {
        _openCount -= owner.Open?.Count ?? 0;
        owner.Open = null;
    }

    private void AddOpen(FlowNamespace owner, ref NativeShim.Flow flow, bool isBaseline)
    {
        owner.Open ??= [];
        bool isNew = !owner.Open.TryGetValue(flow.Cookie, out CountedFlow counted);

        // Without room, all of it is added when it is closed.
        if (isNew && _openCount >= MaxOpen) return;
        if (isNew) _openCount++;
        ushort localPort = flow.LocalPort;
        if (counted.Direction == FlowDirection.Unknown) counted.Direction = owner.DirectionOf(localPort, flow.Flags);
        counted.Dump = owner.Dumps;
        counted.Subtract(ref flow);
        owner.Open[flow.Cookie] = counted;
        if (!isBaseline && (flow.BytesAcked | flow.BytesReceived | flow.SegsOut | flow.SegsIn) != 0) Add(owner, in flow, counted.Direction, isClosed: false);
    }

    // The message about their end was lost. One that is only late must find its connection, so they stay for a further dump.
    private void ForgetGone(FlowNamespace owner)
    {
        if (owner.Open is not { } open) return;
        foreach ((ulong cookie, CountedFlow counted) in open)
        {
            if (owner.Dumps - counted.Dump >= 2 && open.Remove(cookie)) _openCount--;
        }
    }

    private void AddClosed(FlowNamespace owner, NativeShim.Flow flow)
    {
        FlowDirection direction = FlowDirection.Unknown;
        if (owner is { IsInDump: true, ClosedInDump: { Count: < MaxClosedInDump } closed }) closed.Add(flow.Cookie);
        if (owner.Open is { } open && open.Remove(flow.Cookie, out CountedFlow counted))
        {
            _openCount--;
            direction = counted.Direction;
            counted.Subtract(ref flow);
        }

        if (direction == FlowDirection.Unknown) direction = owner.DirectionOf(flow.LocalPort, flow.Flags);
        Add(owner, in flow, direction, isClosed: true);
    }

    private void Add(FlowNamespace owner, in NativeShim.Flow flow, FlowDirection direction, bool isClosed)
    {
        FlowKey key = FlowKey.Of(in flow, direction, _options.PrefixIpv4, _options.PrefixIpv6);
        ref FlowSums sums = ref _current.SumsOf(owner, in key, out bool isOther);
        if (isOther) _counters.Add(AgentCounter.FlowsOverLimit);
        sums.Add(in flow, isClosed);
        owner.Totals.Add(in flow, isClosed);
    }

    // The number of a namespace that is not known yet may become a container's.
    private FlowNamespace? Find(int number)
    {
        if (_byNumber.TryGetValue(number, out FlowNamespace? owner)) return owner;
        if (_byNumber.Count >= MaxNamespaces) return null;
        owner = new FlowNamespace(this) { Number = number };
        _byNumber.Add(number, owner);
        return owner;
    }
}
