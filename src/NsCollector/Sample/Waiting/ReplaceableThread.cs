using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Waiting;

/// <summary>
/// A thread for calls that may never return because they depend on a server, a disk or another process. If a call hangs, another
/// thread replaces this one, up to a maximum.
/// </summary>
/// <typeparam name="T">The subject of a call, such as a mount.</typeparam>
/// <remarks>The sampling thread calls <see cref="Begin"/>, which allocates only when it starts a thread.</remarks>
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
    /// <param name="maxThreads">Maximum number of threads. If all of them hang, no work is done until one continues.</param>
    /// <param name="hangNs">A call that takes longer than this counts as hanging, in nanoseconds.</param>
    /// <param name="counters">Counts threads that cannot be started.</param>
    internal ReplaceableThread(string name, int maxThreads, long hangNs, AgentCounters counters)
    {
        _name = name;
        _maxThreads = maxThreads;
        _hangNs = hangNs;
        _counters = counters;
    }

    /// <summary>Guards the data that the owner shares between its threads, and the state of the threads.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Processes one request, on the thread. It returns early, with false, after its thread was replaced.</summary>
    internal required Func<ReplaceableWorker<T>, bool> Work { get; init; }

    /// <summary>Called with the subject of a hanging call, under the gate, to exclude it.</summary>
    internal required Action<T> SetHanging { get; init; }

    /// <summary>Called with the same subject afterwards, not under the gate, to report it.</summary>
    internal required Action<T> OnHang { get; init; }

    /// <summary>Called with an exception of <see cref="Work"/>, which is a defect. The next request starts another thread.</summary>
    internal required Action<Exception> OnDefect { get; init; }

    /// <summary>Called once when the last thread has ended after <see cref="End"/>, under the gate.</summary>
    internal required Action OnEnd { get; init; }

    /// <summary>Whether no further thread can be started. The last one must avoid calls that may hang. Under the gate.</summary>
    internal bool IsLast => _threads == _maxThreads;

    /// <summary>Whether the threads must end.</summary>
    internal bool IsEnding => _isEnding;

    /// <summary>Whether there is a newer request than the one in progress, or the threads must end.</summary>
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
    /// Requests work, and replaces the thread if it hangs. It does not wait for the gate, because the thread that holds it may have a low
    /// priority and not be running. In that case it only records the request, and the next call checks for hanging calls.
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

    /// <summary>Asks the threads to end. A hanging thread ends with the process, if the kernel can interrupt it.</summary>
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

    /// <summary>Waits on the thread until there is a newer request, or the threads must end.</summary>
    /// <param name="milliseconds">The longest wait. It may also end earlier.</param>
    /// <returns><see cref="HasNext"/>.</returns>
    internal bool AwaitNext(int milliseconds)
    {
        if (!HasNext) _request.WaitOne(milliseconds);
        return HasNext;
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
