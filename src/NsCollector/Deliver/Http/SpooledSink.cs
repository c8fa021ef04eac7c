using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Spool;

namespace NsCollector.Deliver.Http;

/// <summary>
/// Sends points to a server with two threads. This one compresses the batches of a cycle into a spool file; the sender
/// (<see cref="SpoolSender"/>) posts spool files and removes them when the server has acknowledged them. So points are on disk
/// before they are sent, and a server that is down delays nothing else.
/// </summary>
internal abstract class SpooledSink : QueuedSink
{
    // Time for the sender to requeue an unfinished spool file after its timeout.
    private static readonly TimeSpan SenderShutdownTime = TimeSpan.FromMilliseconds(200);

    private readonly int _maxBytes;
    private readonly LinesGzip _gzip = new();
    private readonly SpoolQueue _queue;
    private readonly SpoolSender _sender;
    private int _points;

    /// <summary>A sink for one server; <see cref="ISink.Start"/> opens its spool and connects.</summary>
    /// <param name="kind">The name of its kind of section.</param>
    /// <param name="options">Its section.</param>
    /// <param name="place">Its directory in the spool, and the format of its files.</param>
    /// <param name="maxBytes">Maximum uncompressed bytes of a spool file, and so of a request; at least one batch.</param>
    /// <param name="createDelivery">Creates the protocol, from the sink's counters.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="clock">The clock.</param>
    private protected SpooledSink(
        string kind, HttpSinkOptions options, SpoolPlace place, int maxBytes, Func<SinkCounters, ISpoolDelivery> createDelivery, ILogger logger, TimeProvider clock)
        : base(kind + ":" + options.Name, options.QueueBytes, options.RetryInterval, logger, clock)
    {
        _maxBytes = maxBytes;
        SpoolDirectory? directory = place.Lock is null ? null : new SpoolDirectory(place.Lock, place.Directory, place.Options.Sync);
        _queue = new SpoolQueue(Name, place.Options, directory, options.MemoryBytes, Counters, logger, clock) { Format = place.Format, IsOldestFirst = place.Format == SpoolFormat.Otlp };
        _sender = new SpoolSender(Name, options, createDelivery(Counters), _queue, Counters, logger, clock);
    }

    private protected override void Open()
    {
        _queue.Open();
        _sender.Start();
    }

    private protected override void ReopenTarget() => _sender.Reload();

    private protected override DeliveryResult Deliver(ReadOnlySpan<byte> rest, out int delivered)
    {
        if (_gzip.LineBytes > 0 && _gzip.LineBytes + rest.Length > _maxBytes) FinishSpoolFile();
        _gzip.Append(rest);
        _points += CountPoints(rest);
        delivered = rest.Length;
        return DeliveryResult.Done;
    }

    private protected override void OnCycleDelivered() => FinishSpoolFile();

    // The sender counts delivered points when the server has acknowledged them.
    private protected override void CountDelivered(int points, int bytes)
    {
    }

    /// <summary>Counts the points of a batch.</summary>
    private protected abstract int CountPoints(ReadOnlySpan<byte> batch);

    private protected override void Close()
    {
        FinishSpoolFile();
        _queue.Finish();
        TimeSpan left = RemainingStopTime();
        _sender.Stop(left > SenderShutdownTime ? left - SenderShutdownTime : TimeSpan.Zero);
        _queue.Finish();
        Lost(_queue.DropMemory());
        _gzip.Dispose();
    }

    private void FinishSpoolFile()
    {
        int bytes = _gzip.LineBytes;
        if (bytes == 0) return;
        _queue.Add(_gzip.Finish().Span, _points, bytes);
        _points = 0;
    }
}
