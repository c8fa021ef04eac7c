using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Waiting;

/// <summary>
/// A thread for calls that may never return, because a server, a disk or another process has to answer. If a call hangs, another
/// thread replaces it, up to a maximum.
/// </summary>
/// <typeparam name="T">What a call is about.</typeparam>
/// <remarks><see cref="Begin"/> is for the sampling thread: it allocates only when it starts a thread.</remarks>
internal sealed class ReplaceableThread<T>
    where T : class
{
    // An event, because Monitor.Wait allocates.
    private readonly AutoResetEvent _request = new(false);
    private readonly string _name;
    private readonly int _maxThreads;
    private readonly long _hangNs;
    private readonly AgentCounters _counters;
    private ReplaceableWorker<T>? _active;
    private int _threads;
    private volatile bool _isRequested, _isEnding;

    /// <param name="name">The name of each thread.</param>
    /// <param name="maxThreads">How many threads there are at most. With all of them hanging, nothing is done until one goes on.</param>
    /// <param name="hangNs">A call that takes longer hangs, in nanoseconds.</param>
    /// <param name="counters">Counts threads that cannot be started.</param>
    internal ReplaceableThread(string name, int maxThreads, long hangNs, AgentCounters counters)
    {
        _name = name;
        _maxThreads = maxThreads;
        _hangNs = hangNs;
        _counters = counters;
    }

    /// <summary>Guards what the owner shares between its threads, and the state of the threads themselves.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Does the work of one request, in the thread. It returns early, with false, once its thread was replaced.</summary>
    internal required Func<ReplaceableWorker<T>, bool> Work { get; init; }

    /// <summary>Is called with what the call is about that hangs, under the gate, to leave it out.</summary>
    internal required Action<T> SetHanging { get; init; }

    /// <summary>Is called with the same afterwards, not under the gate, to report it.</summary>
    internal required Action<T> OnHang { get; init; }

    /// <summary>Is called with an exception of <see cref="Work"/>, which is a defect. The next request starts another thread.</summary>
    internal required Action<Exception> OnDefect { get; init; }

    /// <summary>Is called once when the last thread has ended after <see cref="End"/>, under the gate.</summary>
    internal required Action OnEnd { get; init; }

    /// <summary>Whether no further thread can be started: the last one is for calls that answer. Under the gate.</summary>
    internal bool IsLast => _threads == _maxThreads;

    /// <summary>Whether the threads are to end.</summary>
    internal bool IsEnding => _isEnding;

    /// <summary>Whether there was another request since the one in work, or the threads are to end.</summary>
    internal bool HasNext => _isRequested || _isEnding;

    /// <summary>Whether every request is done, for tests.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (Gate) return !_isRequested && _active?.IsWorking != true;
        }
    }

    /// <summary>
    /// Requests work, and replaces the thread if it hangs. It does not wait for the gate: if the thread has it, which may have a low
    /// priority and no processor at the moment, only the request is noted, and the next call looks for what hangs.
    /// </summary>
    internal void Begin()
    {
        if (!Gate.TryEnter())
        {
            _isRequested = true;
            _request.Set();
            return;
        }

        T? hanging = null;
        try
        {
            if (_active is { Current: { } current } active && SystemClock.MonotonicNs() - active.SinceNs >= _hangNs)
            {
                hanging = current;
                SetHanging(current);
                active.IsLate = true;
                _active = null;
            }

            if (_active is null && _threads < _maxThreads && !_isEnding) Start();
            if (_active is not null)
            {
                _isRequested = true;
                _request.Set();
            }
        }
        finally
        {
            Gate.Exit();
        }

        if (hanging is not null) OnHang(hanging);
    }

    /// <summary>Asks the threads to end. One that hangs ends with the process, if the kernel can interrupt it.</summary>
    internal void End()
    {
        lock (Gate)
        {
            if (_isEnding) return;
            _isEnding = true;
            _request.Set();
            if (_threads == 0) OnEnd();
        }
    }

    private void Start()
    {
        var worker = new ReplaceableWorker<T>();
        try
        {
            new Thread(() => Run(worker)) { Name = _name, IsBackground = true }.Start();
        }
        catch (OutOfMemoryException)
        {
            // pids.max or RLIMIT_NPROC.
            _counters.Add(AgentCounter.ThreadStartErrors);
            return;
        }

        _threads++;
        _active = worker;
    }

    private void Run(ReplaceableWorker<T> worker)
    {
        try
        {
            while (Await(worker) && Work(worker))
            {
                lock (Gate) worker.IsWorking = false;
            }
        }
        catch (Exception exception)
        {
            OnDefect(exception);
        }

        lock (Gate)
        {
            if (_active == worker) _active = null;
            _threads--;
            if (_isEnding && _threads == 0) OnEnd();
        }
    }

    private bool Await(ReplaceableWorker<T> worker)
    {
        while (true)
        {
            lock (Gate)
            {
                if (_isEnding || worker.IsLate) return false;
                if (_isRequested)
                {
                    _isRequested = false;
                    return worker.IsWorking = true;
                }
            }

            _request.WaitOne();
        }
    }
}
