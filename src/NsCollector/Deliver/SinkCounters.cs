namespace NsCollector.Deliver;

/// <summary>Counters and state of a sink since the start. Written by the sink, read from another thread.</summary>
internal sealed class SinkCounters
{
    private const long Never = long.MinValue;

    private readonly long[] _failures = new long[(int)SinkFailure.Count];
    private readonly TimeProvider _clock;
    private long _queuedBytes, _sentPoints, _sentBytes, _droppedPoints, _refusedPoints, _expiredPoints, _retries, _rotationErrors;
    private long _queuedFiles, _spoolBytes;
    private long _oldestSince = Never, _downSince = Never;
    private int _isUp = -1;

    /// <param name="clock">The monotonic clock for ages; null: the system's.</param>
    public SinkCounters(TimeProvider? clock = null) => _clock = clock ?? TimeProvider.System;

    /// <summary>Uncompressed bytes of lines or OTLP metrics that are queued and not delivered yet.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    /// <summary>Spool files that wait for the server, including those in memory.</summary>
    public long QueuedFiles => Interlocked.Read(ref _queuedFiles);

    /// <summary>Compressed bytes on disk that wait for the server.</summary>
    public long SpoolBytes => Interlocked.Read(ref _spoolBytes);

    /// <summary>Age of the oldest waiting spool file; zero if none waits.</summary>
    public TimeSpan QueuedAge => Since(ref _oldestSince);

    /// <summary>Whether the last delivery attempt succeeded; null before the first.</summary>
    public bool? IsUp => Volatile.Read(ref _isUp) is var up && up < 0 ? null : up != 0;

    /// <summary>Time since delivery began to fail; zero if the last attempt succeeded.</summary>
    public TimeSpan Down => Since(ref _downSince);

    /// <summary>Points delivered.</summary>
    public long SentPoints => Interlocked.Read(ref _sentPoints);

    /// <summary>Bytes delivered, before compression.</summary>
    public long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>Points dropped: a limit was reached, a spool file was damaged or removed, or the agent stopped first.</summary>
    public long DroppedPoints => Interlocked.Read(ref _droppedPoints);

    /// <summary>Points that the server refused permanently.</summary>
    public long RefusedPoints => Interlocked.Read(ref _refusedPoints);

    /// <summary>Points that the server discarded because they were older than its retention period.</summary>
    public long ExpiredPoints => Interlocked.Read(ref _expiredPoints);

    /// <summary>Delivery attempts repeated after a failure.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Failed delivery attempts of all kinds.</summary>
    public long Errors
    {
        get
        {
            long all = 0;
            for (int i = 0; i < _failures.Length; i++) all += Interlocked.Read(ref _failures[i]);
            return all;
        }
    }

    /// <summary>Rotations, and removals and compressions of rotated files, that failed without losing a line.</summary>
    public long RotationErrors => Interlocked.Read(ref _rotationErrors);

    /// <summary>Failures of one kind.</summary>
    public long this[SinkFailure failure] => Interlocked.Read(ref _failures[(int)failure]);

    internal void Queued(long bytes) => Interlocked.Add(ref _queuedBytes, bytes);

    internal void Sent(long points, long bytes)
    {
        Interlocked.Add(ref _sentPoints, points);
        Interlocked.Add(ref _sentBytes, bytes);
    }

    internal void Dropped(long points) => Interlocked.Add(ref _droppedPoints, points);

    internal void Refused(long points) => Interlocked.Add(ref _refusedPoints, points);

    internal void Expired(long points) => Interlocked.Add(ref _expiredPoints, points);

    internal void Retried() => Interlocked.Increment(ref _retries);

    internal void Failed(SinkFailure failure = SinkFailure.Write) => Interlocked.Increment(ref _failures[(int)failure]);

    internal void RotationFailed() => Interlocked.Increment(ref _rotationErrors);

    /// <summary>Sets what waits for the server now.</summary>
    /// <param name="files">The number of spool files.</param>
    /// <param name="spoolBytes">Their bytes on disk.</param>
    /// <param name="oldest">Age of the oldest; null if none waits.</param>
    internal void Waiting(long files, long spoolBytes, TimeSpan? oldest)
    {
        Interlocked.Exchange(ref _queuedFiles, files);
        Interlocked.Exchange(ref _spoolBytes, spoolBytes);
        Interlocked.Exchange(ref _oldestSince, oldest is { } age ? _clock.GetTimestamp() - (long)(age.TotalSeconds * _clock.TimestampFrequency) : Never);
    }

    internal void MarkUp()
    {
        Interlocked.Exchange(ref _downSince, Never);
        Volatile.Write(ref _isUp, 1);
    }

    internal void MarkDown()
    {
        Interlocked.CompareExchange(ref _downSince, _clock.GetTimestamp(), Never);
        Volatile.Write(ref _isUp, 0);
    }

    private TimeSpan Since(ref long timestamp)
    {
        long since = Interlocked.Read(ref timestamp);
        return since == Never ? TimeSpan.Zero : _clock.GetElapsedTime(since);
    }
}
