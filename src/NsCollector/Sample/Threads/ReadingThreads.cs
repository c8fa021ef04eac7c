using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Threads;

/// <summary>
/// Reads groups of containers on the sampling thread and, if a cycle is more than one thread's work, on further threads beside
/// it. The sampling thread gets the groups in their order, and itself reads while the next one is not ready.
/// </summary>
/// <remarks>
/// <para>The state of all groups is behind one lock, which is taken three times a group, that is about once a millisecond for
/// each thread. Nothing else is shared while a group is read. Threads are created when they are first needed and wait between
/// two cycles; a steady cycle allocates nothing.</para>
/// <para>A thread of its own never runs managed code in a foreign network namespace: a visit is one native call that returns
/// home (decision 0001). So the threads that it creates begin at home as well.</para>
/// </remarks>
internal sealed class ReadingThreads : IDisposable
{
    // Groups that are read or wait to be handed over, for each thread: the sampling thread may be late by a group.
    private const int GroupsPerThread = 3;

    private readonly Lock _gate = new();
    private readonly AgentCounters _counters;
    private readonly ContainerReader _own;
    private readonly Func<ContainerReader> _createReader;
    private readonly List<Thread> _threads = [];

    // The first one is of the sampling thread. Events, because Monitor.Wait allocates.
    private readonly List<Waiter> _waiters = [new Waiter()];
    private readonly List<ContainerReader> _readers = [];
    private ContainerGroup[] _groups = [];
    private bool[] _isRead = [];
    private int[] _indexes = [];
    private int _count, _groupCount, _claimed, _handedOver, _active = 1;
    private bool _isOut, _isEnding, _cannotStart;
    private long _finishByNs = long.MaxValue, _stopByNs = long.MaxValue;
    private Exception? _failure;

    /// <param name="own">The reader of the sampling thread; the caller closes it.</param>
    /// <param name="createReader">Creates the reader of one more thread; called on the sampling thread.</param>
    /// <param name="counters">Counts threads that cannot be started.</param>
    internal ReadingThreads(ContainerReader own, Func<ContainerReader> createReader, AgentCounters counters)
    {
        _counters = counters;
        _own = own;
        _createReader = createReader;
        SetThreads(1);
    }

    /// <summary>How long the further threads have read since <see cref="Begin"/>, in nanoseconds.</summary>
    internal long FurtherNs { get; private set; }

    /// <summary>CPU time of the further threads since <see cref="Begin"/>, in nanoseconds.</summary>
    internal long FurtherCpuNs { get; private set; }

    /// <summary>How long the sampling thread has waited for them since <see cref="Begin"/>, in nanoseconds.</summary>
    internal long WaitedNs { get; private set; }

    /// <summary>How many threads read, the sampling thread included.</summary>
    internal int Threads => _active;

    /// <summary>Sets how many threads read from the next <see cref="Begin"/> on, the sampling thread included. May create threads.</summary>
    internal void SetThreads(int count)
    {
        while (_threads.Count < count - 1 && !_cannotStart) StartThread();
        count = Math.Min(count, _threads.Count + 1);

        if (_groups.Length < count * GroupsPerThread) Grow(count * GroupsPerThread);
        lock (_gate) _active = count;
    }

    /// <summary>Begins to read containers. Every group of the last call must have been handed over.</summary>
    /// <param name="indexes">Where they are in the list in force, ascending. Must not change until all are handed over.</param>
    /// <param name="count">How many of <paramref name="indexes"/>.</param>
    /// <param name="finishByNs">On the monotonic clock: no other group begins from then on.</param>
    internal void Begin(int[] indexes, int count, long finishByNs)
    {
        lock (_gate)
        {
            _indexes = indexes;
            _count = count;
            _groupCount = (count + ContainerGroup.Size - 1) / ContainerGroup.Size;
            _claimed = _handedOver = 0;
            FurtherNs = FurtherCpuNs = WaitedNs = 0;
            _isOut = false;
            _finishByNs = finishByNs;
            if (_active > 1 && _groupCount > 1) WakeAll();
        }
    }

    /// <summary>The agent stops: from that time on no other group begins, in this cycle or a later one. From any thread.</summary>
    /// <param name="monotonicNs">On the monotonic clock.</param>
    internal void StopBy(long monotonicNs)
    {
        lock (_gate) _stopByNs = monotonicNs;
    }

    /// <summary>The next group in order, which has been read. The group of the last call is reused.</summary>
    /// <returns>Null if all were handed over.</returns>
    internal ContainerGroup? Next()
    {
        lock (_gate)
        {
            if (_isOut)
            {
                _isOut = false;
                _handedOver++;
                if (_active > 1) WakeAll();
            }
        }

        while (true)
        {
            int claimed;
            lock (_gate)
            {
                if (_failure is not null) throw new InvalidOperationException("a reading thread failed", _failure);
                if (_handedOver < _claimed && _isRead[_handedOver % _groups.Length])
                {
                    _isOut = true;
                    return _groups[_handedOver % _groups.Length];
                }

                claimed = Claim();
                if (claimed < 0 && _handedOver == _claimed) return null;
                _waiters[0].IsWaiting = claimed < 0;
            }

            if (claimed >= 0)
            {
                Read(_own, claimed, isFurther: false);
                continue;
            }

            long beganNs = SystemClock.MonotonicNs();
            _waiters[0].Event.WaitOne();
            WaitedNs += SystemClock.MonotonicNs() - beganNs;
        }
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            WakeAll();
        }

        foreach (Thread thread in _threads) thread.Join();
        foreach (ContainerReader reader in _readers) reader.Close();
        foreach (Waiter waiter in _waiters) waiter.Event.Dispose();
        _threads.Clear();
        _readers.Clear();
    }

    private void StartThread()
    {
        ContainerReader reader = _createReader();
        int number = _threads.Count + 1;
        var waiter = new Waiter();
        var thread = new Thread(() => Run(number, reader, waiter)) { Name = $"sampling {number + 1}", IsBackground = true };
        lock (_gate) _waiters.Add(waiter);
        try
        {
            thread.Start();
        }
        catch (OutOfMemoryException)
        {
            // pids.max or RLIMIT_NPROC: the threads that there are do the work.
            lock (_gate) _waiters.Remove(waiter);
            reader.Close();
            waiter.Event.Dispose();
            _cannotStart = true;
            _counters.Add(AgentCounter.ThreadStartErrors);
            return;
        }

        _readers.Add(reader);
        _threads.Add(thread);
    }

    private void Run(int number, ContainerReader reader, Waiter waiter)
    {
        try
        {
            while (true)
            {
                int claimed;
                lock (_gate)
                {
                    if (_isEnding) return;
                    claimed = number < _active ? Claim() : -1;
                    waiter.IsWaiting = claimed < 0;
                }

                if (claimed >= 0) Read(reader, claimed, isFurther: true);
                else waiter.Event.WaitOne();
            }
        }
        catch (Exception exception)
        {
            // Errors of the host are values and never get here. The sampling thread must not wait for a group that nobody reads.
            lock (_gate)
            {
                _failure = exception;
                WakeAll();
            }
        }
    }

    /// <summary>Claims the next group that nobody reads yet. Under the lock.</summary>
    /// <returns>Its number; -1 if there is none now.</returns>
    private int Claim()
    {
        if (_claimed == _groupCount || _claimed - _handedOver == _groups.Length) return -1;
        if (SystemClock.MonotonicNs() >= Math.Min(_finishByNs, _stopByNs))
        {
            _groupCount = _claimed;
            return -1;
        }

        int claimed = _claimed++;
        _isRead[claimed % _groups.Length] = false;
        return claimed;
    }

    private void Read(ContainerReader reader, int number, bool isFurther)
    {
        ContainerGroup group = _groups[number % _groups.Length];
        int start = number * ContainerGroup.Size;
        group.Set(_indexes.AsSpan(start, Math.Min(ContainerGroup.Size, _count - start)));
        long beganNs = isFurther ? SystemClock.MonotonicNs() : 0;
        long cpuBeganNs = isFurther ? Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) : 0;
        reader.Read(group);
        lock (_gate)
        {
            _isRead[number % _groups.Length] = true;
            if (isFurther)
            {
                FurtherNs += SystemClock.MonotonicNs() - beganNs;
                FurtherCpuNs += Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - cpuBeganNs;
            }

            if (_active > 1) WakeAll();
        }
    }

    // Under the lock.
    private void WakeAll()
    {
        foreach (Waiter waiter in _waiters)
        {
            if (!waiter.IsWaiting) continue;
            waiter.IsWaiting = false;
            waiter.Event.Set();
        }
    }

    private void Grow(int count)
    {
        var groups = new ContainerGroup[count];
        for (int i = 0; i < count; i++) groups[i] = i < _groups.Length ? _groups[i] : new ContainerGroup();
        lock (_gate) (_groups, _isRead) = (groups, new bool[count]);
    }

    /// <summary>A thread that may wait for the others.</summary>
    private sealed class Waiter
    {
        internal AutoResetEvent Event { get; } = new(false);

        internal bool IsWaiting { get; set; }
    }
}
