using Microsoft.Extensions.Logging;
using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>
/// Base class of all sinks: a bounded queue, a thread that empties it, retries after a failure, and an orderly stop. A derived
/// class only defines how a batch is delivered.
/// <para>
/// All work on the target happens on that thread and needs no lock; only the queue is shared. In steady state nothing here
/// allocates.
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

        bool whole = IsWhole(batch);
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

    /// <summary>A batch without a line marks the end of a cycle: the batches before it must not wait for more.</summary>
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
        // The thread may be in a write that nothing can interrupt (a dead NFS server). It is a background thread, so the
        // process can exit; what it still writes is not counted.
        bool ended = thread?.Join(timeout) ?? true;
        lock (_gate)
        {
            _abandoned = !ended;
            End();
            // What an abandoned thread has dequeued is not counted, so the stop was not complete.
            return ended && _lossless;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether a batch ends where a point ends.</summary>
    private protected virtual bool IsWhole(Batch batch) => batch.Buffer[batch.Length - 1] == (byte)'\n';

    /// <summary>Whether the timeout of <see cref="Stop"/> has passed; for a delivery that waits.</summary>
    private protected bool IsStopDeadlineOver()
    {
        lock (_gate) return _ended || (_stopping && Environment.TickCount64 >= _stopDeadlineMs);
    }

    /// <summary>Called first, on the sink's thread.</summary>
    private protected abstract void Open();

    /// <summary>Called on the sink's thread after <see cref="ISink.Reopen"/>.</summary>
    private protected abstract void ReopenTarget();

    /// <summary>Delivers as much of a batch as possible, on the sink's thread. Counts and logs failures, but does not count delivered points.</summary>
    /// <param name="rest">The part of the batch that is not delivered yet.</param>
    /// <param name="delivered">How many bytes of it were delivered.</param>
    private protected abstract DeliveryResult Deliver(ReadOnlySpan<byte> rest, out int delivered);

    /// <summary>Called last, on the sink's thread, within the remaining timeout of <see cref="Stop"/>.</summary>
    private protected abstract void Close();

    /// <summary>Called on the sink's thread after the last batch of a cycle was delivered; possibly twice without a delivery in between.</summary>
    private protected virtual void OnCycleDelivered()
    {
    }

    /// <summary>Counts points that <see cref="Deliver"/> has delivered.</summary>
    private protected virtual void CountDelivered(int points, int bytes)
    {
        Counters.Sent(points, bytes);
        Counters.Queued(-bytes);
        if (points > 0) Counters.MarkUp();
    }

    /// <summary>The remaining timeout of <see cref="Stop"/>; zero if it has passed or Stop was not called.</summary>
    private protected TimeSpan RemainingStopTime()
    {
        lock (_gate) return _stopping && !_abandoned ? TimeSpan.FromMilliseconds(Math.Max(0, _stopDeadlineMs - Environment.TickCount64)) : TimeSpan.Zero;
    }

    /// <summary>Logs points that were lost at the stop; for <see cref="Close"/>.</summary>
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
            // An unhandled exception on this thread would end the agent.
            Counters.Failed();
            LogBroken(_logger, Name, e);
        }
    }

    /// <returns>False when the sink must stop.</returns>
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
            WaitUndisturbed(_retryInterval);
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

    /// <summary>Waits on the sink's thread, while batches gather in the queue; returns early to reopen or stop.</summary>
    /// <returns>Whether all of the time has passed.</returns>
    private protected bool WaitUndisturbed(TimeSpan time)
    {
        long until = Environment.TickCount64 + (long)Math.Ceiling(time.TotalMilliseconds);
        lock (_gate)
        {
            while (!_reopen && !_stopping)
            {
                long left = until - Environment.TickCount64;
                if (left <= 0) return true;
                Monitor.Wait(_gate, (int)Math.Min(left, int.MaxValue));
            }
            return false;
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
            // Its thread may still read it in a write that hangs, so it is not returned to the pool but left to the garbage collector.
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
