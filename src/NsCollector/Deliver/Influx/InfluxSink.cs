using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Influx.Http;
using NsCollector.Deliver.Spool;

namespace NsCollector.Deliver.Influx;

/// <summary>
/// Sends lines to a server with two threads. This one compresses the batches of a cycle into a spool file; the sender
/// (<see cref="InfluxSender"/>) posts spool files and removes them when the server has acknowledged them. So lines are on disk
/// before they are sent, and a server that is down delays nothing else.
/// </summary>
internal sealed class InfluxSink : QueuedSink
{
    // Time for the sender to requeue an unfinished spool file after its timeout.
    private static readonly TimeSpan SenderShutdownTime = TimeSpan.FromMilliseconds(200);

    private readonly int _maxLineBytes;
    private readonly LinesGzip _gzip = new();
    private readonly SpoolQueue _queue;
    private readonly InfluxSender _sender;
    private int _points;

    /// <summary>A sink for one server; <see cref="ISink.Start"/> opens its spool and connects.</summary>
    /// <param name="options">Its section.</param>
    /// <param name="spool">The spool's section.</param>
    /// <param name="spoolLock">The spool's lock, shared by all sinks of this agent; null if there is no spool.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="clock">The clock; null: the system's.</param>
    internal InfluxSink(InfluxSinkOptions options, SpoolOptions spool, SpoolLock? spoolLock, ILogger logger, TimeProvider? clock = null)
        : base("influx:" + options.Name, options.QueueBytes, options.RetryInterval, logger, clock ?? TimeProvider.System)
    {
        clock ??= TimeProvider.System;
        _maxLineBytes = spool.FileBytes;
        SpoolDirectory? directory = spoolLock is null ? null : new SpoolDirectory(spoolLock, options.Name, spool.Sync);
        _queue = new SpoolQueue(Name, spool, directory, options.MemoryBytes, Counters, logger, clock);
        string refused = options.RefusedFile.Length > 0 ? options.RefusedFile : Path.Join(spool.Path, options.Name + ".refused.lp");
        options = options with { RefusedFile = refused };
        _sender = new InfluxSender(Name, options, new InfluxClient(options, clock), _queue, Counters, logger, clock);
    }

    private protected override void Open()
    {
        _queue.Open();
        _sender.Start();
    }

    private protected override void ReopenTarget() => _sender.Reload();

    private protected override DeliveryResult Deliver(ReadOnlySpan<byte> rest, out int delivered)
    {
        if (_gzip.LineBytes > 0 && _gzip.LineBytes + rest.Length > _maxLineBytes) FinishSpoolFile();
        _gzip.Append(rest);
        _points += rest.Count((byte)'\n');
        delivered = rest.Length;
        return DeliveryResult.Done;
    }

    private protected override void OnCycleDelivered() => FinishSpoolFile();

    // The sender counts delivered points when the server has acknowledged them.
    private protected override void CountDelivered(int points, int bytes)
    {
    }

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
        int lineBytes = _gzip.LineBytes;
        if (lineBytes == 0) return;
        _queue.Add(_gzip.Finish().Span, _points, lineBytes);
        _points = 0;
    }
}
