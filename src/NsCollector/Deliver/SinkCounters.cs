namespace NsCollector.Deliver;

/// <summary>What a sink has done since the start. Written by the sink, read by Telemetry from another thread.</summary>
public sealed class SinkCounters
{
    private long _queuedBytes, _sentPoints, _sentBytes, _droppedPoints, _retries, _errors, _rotationErrors;

    /// <summary>Bytes taken but not delivered yet.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    /// <summary>Points delivered.</summary>
    public long SentPoints => Interlocked.Read(ref _sentPoints);

    /// <summary>Bytes delivered.</summary>
    public long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>Points given up: the queue was full, or the agent stopped before they could go.</summary>
    public long DroppedPoints => Interlocked.Read(ref _droppedPoints);

    /// <summary>Deliveries tried again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Failed tries.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Rotations, removals and compressions of old files that failed; no line is lost by one.</summary>
    public long RotationErrors => Interlocked.Read(ref _rotationErrors);

    internal void Queued(long bytes) => Interlocked.Add(ref _queuedBytes, bytes);

    internal void Sent(long points, long bytes)
    {
        Interlocked.Add(ref _sentPoints, points);
        Interlocked.Add(ref _sentBytes, bytes);
    }

    internal void Dropped(long points) => Interlocked.Add(ref _droppedPoints, points);

    internal void Retried() => Interlocked.Increment(ref _retries);

    internal void Failed() => Interlocked.Increment(ref _errors);

    internal void RotationFailed() => Interlocked.Increment(ref _rotationErrors);
}
