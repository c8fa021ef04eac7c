using NsCollector.Deliver;
using NsCollector.Deliver.Otlp;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Otlp;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Creates the OTLP encoders that the sinks need: one for each temporality, none without an OTLP sink.</summary>
internal static class OtlpEncoders
{
    // A batch must hold the attributes of a container (16 KiB) and a point.
    private const int MinBatchBytes = 64 * 1024;

    internal static IEnumerable<OtlpEncoder> Create(AgentOptions options, SinkSet sinks, AgentCounters counters)
    {
        long nowNs = Libc.ClockGettime(Libc.CLOCK_REALTIME);
        long bootNs = nowNs - Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        foreach (OtlpTemporality temporality in sinks.Sinks.OfType<OtlpSink>().Select(sink => sink.Temporality).Distinct())
        {
            var pool = new BatchPool(Math.Max(options.Encode.BatchBytes, MinBatchBytes));
            yield return new OtlpEncoder(
                options.Encode, temporality, pool, sinks.Only(sink => sink is OtlpSink otlp && otlp.Temporality == temporality), counters, bootNs, nowNs);
        }
    }
}
