using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx.Http;
using NsCollector.Deliver.Spool;

namespace NsCollector.Deliver.Influx;

/// <summary>A sink that posts lines to InfluxDB.</summary>
internal sealed class InfluxSink : SpooledSink
{
    /// <summary>A sink for one server; <see cref="ISink.Start"/> opens its spool and connects.</summary>
    /// <param name="options">Its section.</param>
    /// <param name="spool">The spool's section.</param>
    /// <param name="spoolLock">The spool's lock, shared by all sinks of this agent; null if there is no spool.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="clock">The clock; null: the system's.</param>
    internal InfluxSink(InfluxSinkOptions options, SpoolOptions spool, SpoolLock? spoolLock, ILogger logger, TimeProvider? clock = null)
        : base(
            "influx", options, new SpoolPlace(spool, spoolLock, options.Name, SpoolFormat.Lines), spool.FileBytes,
            counters => Delivery(options, spool, counters, logger, clock ?? TimeProvider.System), logger, clock ?? TimeProvider.System)
    {
    }

    private protected override int CountPoints(ReadOnlySpan<byte> batch) => batch.Count((byte)'\n');

    private static SpoolFileDelivery Delivery(InfluxSinkOptions options, SpoolOptions spool, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        string refused = options.RefusedFile.Length > 0 ? options.RefusedFile : Path.Join(spool.Path, options.Name + ".refused.lp");
        options = options with { RefusedFile = refused };
        return new SpoolFileDelivery("influx:" + options.Name, options, new InfluxClient(options, clock), counters, logger, clock);
    }
}
