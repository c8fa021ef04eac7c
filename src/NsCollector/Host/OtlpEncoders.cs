using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Deliver.Otlp;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Otlp;
using NsCollector.Encode.Selection;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Creates the OTLP encoders that the sinks need: one for each temporality and selection, none without an OTLP sink.</summary>
internal static class OtlpEncoders
{
    // A batch must hold the attributes of a container (16 KiB) and a point.
    private const int MinBatchBytes = 64 * 1024;

    internal static IEnumerable<OtlpEncoder> Create(ImmutableArray<SinkOptions> sinks, EncodeOptions options, SinkSet set, AgentCounters counters)
    {
        long nowNs = Libc.ClockGettime(Libc.CLOCK_REALTIME);
        long bootNs = nowNs - Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        foreach ((OtlpTemporality temporality, OutputChoice choice) in sinks.OfType<OtlpSinkOptions>().Select(sink => (sink.Temporality, sink.Choice)).Distinct())
        {
            bool IsIncluded(int index) => sinks[index] is OtlpSinkOptions otlp && otlp.Temporality == temporality && otlp.Choice == choice;
            yield return new OtlpEncoder(
                options with { Selection = new OutputSelection(choice) }, temporality, new BatchPool(Math.Max(options.BatchBytes, MinBatchBytes)), set.Only(IsIncluded), counters, bootNs, nowNs);
        }
    }
}
