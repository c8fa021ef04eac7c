using Microsoft.Extensions.Logging;
using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>
/// What all sinks have in common: a bounded queue, a thread of their own that empties it, tries again after a failure, and
/// an orderly end. A sink itself only says how a batch is delivered.
/// <para>
/// Everything a sink does to its target happens on that one thread, so none of it needs a lock; the queue is what is shared.
/// In the steady state nothing here allocates.
/// </para>
/// </summary>
internal abstract partial class QueuedSink : ISink
{
    private readonly object _gate = new();
    private readonly BatchQueue _queue;
    private readonly TimeSpan _retryInterval;
    private readonly ILogger _logger;
    private readonly Outage _overflow;

    // All guarded by _gate.
    private Thread? _thread;
    private Batch? _current;
    private int _deliveredBytes;
    private int _deliveredPoints;
    private long _unreportedDrops;
    private long _stopDeadlineMs;
    private bool _reopen, _cycleEnds, _stopping, _ended, _abandoned, _lossless = true;

    private protected QueuedSink(string name, long queueBytes, TimeSpan retryInterval, ILogger logger, TimeProvider clock)
    {
        Name = name;
        Counters = new SinkCounters(clock);
        _queue = new BatchQueue(queueBytes, Counters);
        _retryInterval = retryInterval;
        _logger = logger;
        _overflow = new Outage(clock);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public SinkCounters Counters { get; }

    /// <inheritdoc/>
    public event Action? Closed;

    /// <inheritdoc/>
    public void Start()
    {
        lock (_gate)
        {
            if (_thread is not null || _stopping) return;
            _thread = new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = Name };
            _thread.Start();
        }
    }

    /// <inheritdoc/>
    public void Enqueue(Batch batch)
    {
        if (batch.Length == 0)
        {
            if (batch.EndsCycle) EndCycle();
            return;
        }

        bool whole = batch.Buffer[batch.Length - 1] == (byte)'\n';
        lock (_gate)
        {
            if (!whole || _stopping || _ended)
            {
                if (!whole) Counters.Failed();
                Counters.Dropped(batch.Points);
                return;
            }
            _unreportedDrops += _queue.Add(batch);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A batch without a line: what was enqueued before it is all, and nothing of it waits for more.</summary>
    private void EndCycle()
    {
        lock (_gate)
        {
            if (_stopping || _ended) return;
            _cycleEnds = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <inheritdoc/>
    public void Reopen()
    {
        lock (_gate)
        {
            _reopen = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <inheritdoc/>
    public bool Stop(TimeSpan timeout)
    {
        Thread? thread;
        lock (_gate)
        {
            if (!_stopping) _stopDeadlineMs = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
            _stopping = true;
            thread = _thread;
            Monitor.Pulse(_gate);
        }
        // The thread may be inside a write that nothing can interrupt (a dead NFS server): it is a background thread then,
        // and whatever it still manages to write no longer counts.
        bool ended = thread?.Join(timeout) ?? true;
        lock (_gate)
        {
            _abandoned = !ended;
            End();
            // What an abandoned thread has taken out of the queue is nowhere counted.
            return ended && _lossless;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether the time that <see cref="Stop"/> was given is over; for a delivery that waits.</summary>
    private protected bool IsStopDeadlineOver()
    {
        lock (_gate) return _ended || (_stopping && Environment.TickCount64 >= _stopDeadlineMs);
    }

    /// <summary>On the sink's thread, before anything else.</summary>
    private protected abstract void Open();

    /// <summary>On the sink's thread: what <see cref="ISink.Reopen"/> asked for.</summary>
    private protected abstract void ReopenTarget();

    /// <summary>On the sink's thread: delivers as much of a batch as it can. Counts and reports failures, but not what was sent.</summary>
    /// <param name="rest">What of the batch is not delivered yet.</param>
    /// <param name="delivered">How many bytes of it are now.</param>
    private protected abstract DeliveryResult Deliver(ReadOnlySpan<byte> rest, out int delivered);

    /// <summary>On the sink's thread, last of all; within what is left of the time that <see cref="Stop"/> was given.</summary>
    private protected abstract void Close();

    /// <summary>On the sink's thread: the last of a cycle's batches was delivered. It may come again with nothing delivered in between.</summary>
    private protected virtual void OnCycleDelivered()
    {
    }

    /// <summary>Counts what <see cref="Deliver"/> has delivered.</summary>
    private protected virtual void CountDelivered(int points, int bytes)
    {
        Counters.Sent(points, bytes);
        Counters.Queued(-bytes);
        if (points > 0) Counters.MarkUp();
    }

    /// <summary>How much is left of the time that <see cref="Stop"/> was given; zero where none is, or where it was not called.</summary>
    private protected TimeSpan RemainingStopTime()
    {
        lock (_gate) return _stopping && !_abandoned ? TimeSpan.FromMilliseconds(Math.Max(0, _stopDeadlineMs - Environment.TickCount64)) : TimeSpan.Zero;
    }

    /// <summary>Says and counts what could not be kept at the end; for <see cref="Close"/>.</summary>
    private protected void Lost(long points)
    {
        if (points == 0) return;
        lock (_gate) _lossless = false;
        LogLost(_logger, Name, points);
    }

    private void Run()
    {
        try
        {
            Open();
            while (TryStep())
            {
            }
        }
        catch (Exception e)
        {
            // A defect of ours; the other sinks and the sampling go on without this one.
            Counters.Failed();
            LogBroken(_logger, Name, e);
        }
        lock (_gate) End();
        try
        {
            Close();
        }
        catch (Exception e)
        {
            // Uncaught on this thread it would end the whole agent.
            Counters.Failed();
            LogBroken(_logger, Name, e);
        }
    }

    /// <returns>False at the end.</returns>
    private bool TryStep()
    {
        Batch? batch;
        int from;
        bool reopen, lastTry, endsCycle;
        lock (_gate)
        {
            while (!_reopen && !_cycleEnds && !_stopping && _current is null && _queue.Count == 0) Monitor.Wait(_gate);
            if (_ended) return false;
            reopen = _reopen;
            _reopen = false;
            lastTry = _stopping;
            if (_current is null && _queue.TryDequeue(out _current)) _deliveredBytes = _deliveredPoints = 0;
            batch = _current;
            from = _deliveredBytes;
            endsCycle = batch is { EndsCycle: true };
            if (batch is null && _cycleEnds)
            {
                _cycleEnds = false;
                endsCycle = true;
            }
        }
        if (reopen) ReopenTarget();
        if (batch is null)
        {
            if (endsCycle) OnCycleDelivered();
            return !lastTry;
        }

        DeliveryResult delivery = Deliver(batch.Bytes[from..], out int delivered);

        long drops;
        lock (_gate)
        {
            if (_ended) return false;
            Progress(batch, delivered);
            if (delivery == DeliveryResult.Failed && lastTry) return false;
            drops = _unreportedDrops;
        }
        if (delivery == DeliveryResult.Closed)
        {
            Closed?.Invoke();
            return false;
        }
        if (endsCycle && delivery == DeliveryResult.Done) OnCycleDelivered();
        if (drops > 0 && _overflow.Failed(0)) ReportDropped();
        else if (drops == 0) _overflow.Recovered(out _, out _);

        if (delivery == DeliveryResult.Failed)
        {
            Counters.MarkDown();
            WaitToRetry();
            Counters.Retried();
        }
        return true;
    }

    private void Progress(Batch batch, int delivered)
    {
        int end = _deliveredBytes + delivered;
        int points = end == batch.Length
            ? batch.Points - _deliveredPoints
            : batch.Buffer.AsSpan(_deliveredBytes, delivered).Count((byte)'\n');
        _deliveredBytes = end;
        _deliveredPoints += points;
        CountDelivered(points, delivered);
        if (end < batch.Length) return;
        _queue.Release(batch);
        _current = null;
    }

    /// <summary>Shorter where something is to be done: to reopen or to stop.</summary>
    private void WaitToRetry()
    {
        long until = Environment.TickCount64 + (long)_retryInterval.TotalMilliseconds;
        lock (_gate)
        {
            while (!_reopen && !_stopping)
            {
                long left = until - Environment.TickCount64;
                if (left <= 0) return;
                Monitor.Wait(_gate, (int)Math.Min(left, int.MaxValue));
            }
        }
    }

    private void End()
    {
        if (_ended) return;
        _ended = true;
        long dropped = _queue.DropAll();
        if (_current is { } batch)
        {
            int points = batch.Points - _deliveredPoints;
            dropped += points;
            // Its thread may be reading it still, inside a write that hangs: then it is left to the garbage collector.
            Counters.Dropped(points);
            Counters.Queued(_deliveredBytes - batch.Length);
            _current = null;
        }
        if (dropped == 0) return;
        _lossless = false;
        LogLost(_logger, Name, dropped);
    }

    private void ReportDropped()
    {
        long drops;
        lock (_gate)
        {
            drops = _unreportedDrops;
            _unreportedDrops = 0;
        }
        LogDropped(_logger, Name, drops);
    }

    [LoggerMessage(EventId = 301, Level = LogLevel.Warning, Message = "{Sink}: {Points} points were dropped, oldest first, because the queue was full. The target is too slow or down; raise queue_size to queue more.")]
    private static partial void LogDropped(ILogger logger, string sink, long points);

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "{Sink}: stopped before {Points} points were delivered; they are lost.")]
    private static partial void LogLost(ILogger logger, string sink, long points);

    [LoggerMessage(EventId = 303, Level = LogLevel.Critical, Message = "{Sink}: stopped by a bug in the agent; please report it.")]
    private static partial void LogBroken(ILogger logger, string sink, Exception e);
}
