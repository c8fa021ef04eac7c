using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Spool;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Otlp;

namespace NsCollector.Deliver.Otlp;

/// <summary>A sink that posts metrics to an OTLP server. Its batches are requests of <see cref="OtlpWriter"/>.</summary>
internal sealed class OtlpSink : SpooledSink
{
    /// <summary>A sink for one server; <see cref="ISink.Start"/> opens its spool and connects.</summary>
    /// <param name="options">Its section.</param>
    /// <param name="spool">The spool's section.</param>
    /// <param name="spoolLock">The spool's lock, shared by all sinks of this agent; null if there is no spool.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="clock">The clock; null: the system's.</param>
    internal OtlpSink(OtlpSinkOptions options, SpoolOptions spool, SpoolLock? spoolLock, ILogger logger, TimeProvider? clock = null)
        : base(
            "otlp", options, new SpoolPlace(spool, spoolLock, options.SpoolDirectory, SpoolFormat.Otlp), options.MaxRequestBytes,
            counters => new OtlpDelivery("otlp:" + options.Name, options, counters, logger, clock ?? TimeProvider.System), logger, clock ?? TimeProvider.System)
    {
        Temporality = options.Temporality;
    }

    /// <summary>Which batches it takes.</summary>
    internal OtlpTemporality Temporality { get; }

    // The encoder ends each batch after a point.
    private protected override bool IsWhole(Batch batch) => true;

    private protected override int CountPoints(ReadOnlySpan<byte> batch) => OtlpRequest.CountPoints(batch);
}
