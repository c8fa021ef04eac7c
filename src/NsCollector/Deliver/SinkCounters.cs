namespace NsCollector.Deliver;

/// <summary>What a sink has done since the start, and how it stands. Written by the sink, read by Telemetry from another thread.</summary>
internal sealed class SinkCounters
{
    private const long Never = long.MinValue;

    private readonly long[] _failures = new long[(int)SinkFailure.Count];
    private readonly TimeProvider _clock;
    private long _queuedBytes, _sentPoints, _sentBytes, _droppedPoints, _refusedPoints, _expiredPoints, _retries, _rotationErrors;
    private long _queuedFiles, _spoolBytes;
    private long _oldestSince = Never, _downSince = Never;
    private int _isUp = -1;

    /// <summary>Starts from nothing.</summary>
    /// <param name="clock">The monotonic clock of ages; null: the system's.</param>
    public SinkCounters(TimeProvider? clock = null) => _clock = clock ?? TimeProvider.System;

    /// <summary>Bytes of lines, uncompressed, taken but not delivered yet.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    /// <summary>Spool files and parcels in memory that wait for the server.</summary>
    public long QueuedFiles => Interlocked.Read(ref _queuedFiles);

    /// <summary>Compressed bytes on disk that wait for the server.</summary>
    public long SpoolBytes => Interlocked.Read(ref _spoolBytes);

    /// <summary>How long the oldest of what waits for the server has waited; zero where nothing does.</summary>
    public TimeSpan QueuedAge => Since(ref _oldestSince);

    /// <summary>Whether the last try to deliver worked; null before the first.</summary>
    public bool? IsUp => Volatile.Read(ref _isUp) is var up && up < 0 ? null : up != 0;

    /// <summary>How long no try has worked; zero where the last one did.</summary>
    public TimeSpan Down => Since(ref _downSince);

    /// <summary>Points delivered.</summary>
    public long SentPoints => Interlocked.Read(ref _sentPoints);

    /// <summary>Bytes delivered, before compression.</summary>
    public long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>Points given up: a bound was reached, a spool file was damaged or removed, or the agent stopped before they could go.</summary>
    public long DroppedPoints => Interlocked.Read(ref _droppedPoints);

    /// <summary>Points that the server refused for good.</summary>
    public long RefusedPoints => Interlocked.Read(ref _refusedPoints);

    /// <summary>Points that the server did not keep because they were older than its retention.</summary>
    public long ExpiredPoints => Interlocked.Read(ref _expiredPoints);

    /// <summary>Deliveries tried again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Failed tries of all kinds.</summary>
    public long Errors
    {
        get
        {
            long all = 0;
            for (int i = 0; i < _failures.Length; i++) all += Interlocked.Read(ref _failures[i]);
            return all;
        }
    }

    /// <summary>Rotations, removals and compressions of old files that failed; no line is lost by one.</summary>
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

    /// <summary>What waits for the server now.</summary>
    /// <param name="files">How many parcels.</param>
    /// <param name="spoolBytes">How many bytes of them are on disk.</param>
    /// <param name="oldest">How long the oldest has waited; null where none does.</param>
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
