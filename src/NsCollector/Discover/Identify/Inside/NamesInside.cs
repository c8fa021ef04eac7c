using System.Diagnostics.CodeAnalysis;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Inside;

/// <summary>
/// Resolves the names of containers inside containers, on threads that do nothing else: whoever owns the outer container may
/// have mounted a file system that never answers. One thread resolves; if it hangs, another one replaces it.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A request that takes <see cref="HangMs"/> counts as hanging. Nothing of its outer container is resolved until that
/// container ends.</item>
/// <item>The requests of one outer container may take <see cref="BudgetMs"/> in a minute together. Further ones are not resolved
/// in that minute.</item>
/// <item>If <see cref="MaxThreads"/> threads hang, nothing is resolved until one of them continues.</item>
/// </list>
/// </remarks>
/// <param name="resolve">Resolves a request; may hang.</param>
/// <param name="nowMs">The monotonic clock, in milliseconds.</param>
/// <param name="answered">Set when there is an answer.</param>
/// <param name="defect">Receives an exception, which no content of a file can cause.</param>
/// <param name="counters">Counts requests that hang.</param>
/// <param name="log">Receives warnings about them.</param>
internal sealed class NamesInside(
    Func<InsideRequest, KnownIdentity> resolve, Func<long> nowMs, WakeSignal answered, Action<Exception> defect, AgentCounters counters, RateLimitedLog log)
{
    /// <summary>How long a request may take, in milliseconds.</summary>
    internal const long HangMs = 3_000;

    /// <summary>How long those of one outer container may take in a minute together, in milliseconds.</summary>
    internal const long BudgetMs = 1_000;

    /// <summary>How many threads there are at most.</summary>
    internal const int MaxThreads = 3;

    private const long MinuteMs = 60_000;

    // Each entry needs a request that takes seconds.
    private const int MaxOuters = 4_096;

    private readonly object _lock = new();
    private readonly LinkedList<InsideRequest> _requests = new();
    private readonly Queue<(long Key, KnownIdentity Known)> _answers = new();
    private readonly HashSet<string> _hanging = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long SinceMs, long UsedMs)> _used = new(StringComparer.Ordinal);
    private Worker? _active;
    private int _threads;
    private bool _stop;

    /// <summary>Requests a container's name. Returns at once.</summary>
    /// <returns>False if names of its outer container are not resolved now; there is no answer then.</returns>
    internal bool TryEnqueue(InsideRequest request)
    {
        lock (_lock)
        {
            if (!CanResolve(request.Outer)) return false;
            if (_active is null) StartThread();
            _requests.AddLast(request);
            Monitor.PulseAll(_lock);
            return true;
        }
    }

    /// <summary>Whether names of the containers inside a container are resolved now.</summary>
    internal bool MayResolve(string outer)
    {
        lock (_lock) return CanResolve(outer);
    }

    /// <summary>A container is gone: its request is removed, and containers inside a later one of its path may be resolved.</summary>
    internal void Forget(long key, string path)
    {
        lock (_lock)
        {
            for (LinkedListNode<InsideRequest>? node = _requests.First; node is not null; node = node.Next)
            {
                if (node.Value.Key != key) continue;
                _requests.Remove(node);
                break;
            }

            _hanging.Remove(path);
            _used.Remove(path);
        }
    }

    /// <summary>Dequeues an answer.</summary>
    internal bool TryDequeue(out long key, [NotNullWhen(true)] out KnownIdentity? known)
    {
        lock (_lock)
        {
            bool any = _answers.TryDequeue(out (long Key, KnownIdentity Known) answer);
            (key, known) = answer;
            return any;
        }
    }

    /// <summary>How many threads there are, with those that hang.</summary>
    internal int Threads
    {
        get
        {
            lock (_lock) return _threads;
        }
    }

    /// <summary>When <see cref="Check"/> is to be called, on the monotonic clock, in milliseconds; <see cref="long.MaxValue"/>: never.</summary>
    internal long DueMs
    {
        get
        {
            lock (_lock) return _active is { Current: not null } active ? active.SinceMs + HangMs : long.MaxValue;
        }
    }

    /// <summary>Replaces the thread if its request hangs. Requests that are not resolved therefore are answered with what was known.</summary>
    internal void Check()
    {
        lock (_lock)
        {
            if (_active is { Current: { } request } active && nowMs() - active.SinceMs >= HangMs) Replace(active, request);
        }
    }

    /// <summary>Waits until all requests are answered.</summary>
    /// <returns>Whether any answer can be dequeued.</returns>
    internal bool Await(TimeSpan timeout)
    {
        long untilMs = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (_lock)
        {
            while ((_requests.Count > 0 || _active?.Current is not null) && untilMs - Environment.TickCount64 is > 0 and var leftMs) Monitor.Wait(_lock, (int)leftMs);
            return _answers.Count > 0;
        }
    }

    /// <summary>Asks the threads to end. One that hangs ends with the process.</summary>
    internal void Stop()
    {
        lock (_lock)
        {
            _stop = true;
            Monitor.PulseAll(_lock);
        }
    }

    private bool CanResolve(string outer)
    {
        if (_stop || (_active is null && _threads >= MaxThreads) || _hanging.Contains(outer)) return false;
        return !_used.TryGetValue(outer, out (long SinceMs, long UsedMs) used) || used.UsedMs < BudgetMs || nowMs() - used.SinceMs >= MinuteMs;
    }

    private void Replace(Worker active, InsideRequest request)
    {
        counters.Add(AgentCounter.NamesInsideHung);
        log.Warning("names inside hang", $"Reading the names of containers inside {request.Outer} takes more than {HangMs / 1000} s: a file system in that container does not answer. The containers inside have their ids as names until it ends. Check what that container does, or set discovery.names_inside to off.");
        if (_hanging.Count >= MaxOuters) _hanging.Clear();
        _hanging.Add(request.Outer);
        active.IsLate = true;
        Answer(request);
        RefuseAll(request.Outer);
        _active = null;
        StartThread();
    }

    private void StartThread()
    {
        if (_threads >= MaxThreads)
        {
            log.Warning("names inside end", $"{MaxThreads} threads wait for file systems in containers that do not answer, so no names of containers inside containers are read until one of those containers ends.");
            RefuseAll(outer: null);
            return;
        }

        _threads++;
        Worker worker = _active = new Worker();
        new Thread(() => Run(worker)) { Name = "names inside", IsBackground = true }.Start();
    }

    private void Answer(InsideRequest request) => _answers.Enqueue((request.Key, request.Previous ?? KnownIdentity.Nothing));

    private void Run(Worker worker)
    {
        while (TryTake(worker) is { } request)
        {
            KnownIdentity? known = null;
            try
            {
                known = resolve(request);
            }
            catch (Exception exception)
            {
                defect(exception);
            }

            Complete(worker, request, known ?? request.Previous ?? KnownIdentity.Nothing);
            answered.Set();
        }
    }

    /// <returns>Null if the thread is to end.</returns>
    private InsideRequest? TryTake(Worker worker)
    {
        lock (_lock)
        {
            // It hung, and was replaced, unless too many hung.
            _active ??= worker;
            while (_active == worker && !_stop)
            {
                if (_requests.First is { } first)
                {
                    _requests.RemoveFirst();
                    (worker.Current, worker.SinceMs) = (first.Value, nowMs());
                    return first.Value;
                }

                Monitor.Wait(_lock);
            }

            _threads--;
            return null;
        }
    }

    private void Complete(Worker worker, InsideRequest request, KnownIdentity known)
    {
        lock (_lock)
        {
            long endedMs = nowMs();
            if (!worker.IsLate) _answers.Enqueue((request.Key, known));
            (worker.Current, worker.IsLate) = (null, false);
            if (endedMs > worker.SinceMs) Charge(request.Outer, worker.SinceMs, endedMs);
            Monitor.PulseAll(_lock);
        }
    }

    private void Charge(string outer, long sinceMs, long endedMs)
    {
        if (_used.Count >= MaxOuters) _used.Clear();
        (long SinceMs, long UsedMs) used = _used.TryGetValue(outer, out (long SinceMs, long UsedMs) known) && endedMs - known.SinceMs < MinuteMs ? known : (sinceMs, 0);
        used.UsedMs += endedMs - sinceMs;
        _used[outer] = used;
        if (used.UsedMs < BudgetMs) return;
        RefuseAll(outer);
    }

    /// <summary>Answers the requests of one outer container, or all, with what was known.</summary>
    private void RefuseAll(string? outer)
    {
        for (LinkedListNode<InsideRequest>? node = _requests.First, next; node is not null; node = next)
        {
            next = node.Next;
            if (outer is not null && node.Value.Outer != outer) continue;
            Answer(node.Value);
            _requests.Remove(node);
        }
    }

    /// <summary>One thread.</summary>
    private sealed class Worker
    {
        internal InsideRequest? Current { get; set; }

        internal long SinceMs { get; set; }

        /// <summary>Whether its request was answered already because it hangs.</summary>
        internal bool IsLate { get; set; }
    }
}
