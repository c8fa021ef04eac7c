using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Encode.Otlp;
using NsCollector.Encode.Selection;
using NsCollector.Encode.Telegraf;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>The encoders of an agent: one for each schema and selection that some sink wants.</summary>
internal sealed class EncoderSet
{
    private readonly ImmutableArray<IEncoder> _all;
    private readonly ImmutableArray<LineProtocolEncoder> _lines;
    private readonly ImmutableArray<OtlpEncoder> _otlp = [];

    internal EncoderSet(ImmutableArray<SinkOptions> sinks, EncodeOptions options, SinkSet set, AgentCounters counters)
    {
        var all = new List<IEncoder>();
        var pool = new BatchPool(options.BatchBytes);
        IEnumerable<OutputChoice> choices = sinks.IsEmpty ? [new OutputChoice()] : sinks.Where(WantsLines).Select(sink => sink.Choice).Distinct();
        _lines = [.. choices.Select(choice => new LineProtocolEncoder(
            options with { Selection = new OutputSelection(choice) }, pool, set.Only(index => WantsLines(sinks[index]) && sinks[index].Choice == choice), counters))];
        all.AddRange(_lines);
        foreach ((TelegrafOptions telegraf, OutputChoice choice) in sinks.Where(sink => sink.Schema == OutputSchema.Telegraf).Select(sink => (sink.Telegraf, sink.Choice)).Distinct())
        {
            bool IsIncluded(int index) => sinks[index].Schema == OutputSchema.Telegraf && sinks[index].Telegraf == telegraf && sinks[index].Choice == choice;
            all.Add(new TelegrafEncoder(telegraf, options with { Selection = new OutputSelection(choice) }, pool, set.Only(IsIncluded), counters));
        }

        _otlp = [.. OtlpEncoders.Create(sinks, options, set, counters)];
        all.AddRange(_otlp);
        _all = [.. all];
        Consumer = all.Aggregate<ISampleConsumer>((first, second) => new SampleFork(first, second));
    }

    /// <summary>An agent with NsCollector's schema only.</summary>
    internal EncoderSet(LineProtocolEncoder lines) => (_all, _lines, Consumer) = ([lines], [lines], lines);

    /// <summary>Passes samples to all of them.</summary>
    internal ISampleConsumer Consumer { get; }

    /// <summary>Points encoded since the start. Allocates nothing.</summary>
    internal long Points
    {
        get
        {
            long points = 0;
            foreach (IEncoder encoder in _all) points += encoder.Points;
            return points;
        }
    }

    /// <summary>Bytes encoded since the start. Allocates nothing.</summary>
    internal long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (IEncoder encoder in _all) bytes += encoder.Bytes;
            return bytes;
        }
    }

    /// <summary>Writes the agent's own metrics, and those of each sink, where they are wanted. Allocates nothing in a steady cycle.</summary>
    /// <param name="snapshot">The agent's readings of itself.</param>
    /// <param name="timestampNs">Nanoseconds since the epoch.</param>
    internal void WriteAgent(AgentSnapshot snapshot, long timestampNs)
    {
        foreach (LineProtocolEncoder encoder in _lines) encoder.WriteAgent(snapshot, timestampNs);
        foreach (OtlpEncoder encoder in _otlp) encoder.WriteAgent(snapshot, timestampNs);
    }

    /// <summary>Changes the tag <c>host</c> of all points from the next cycle or birth on. Any thread may call it.</summary>
    internal void SetHost(string host)
    {
        foreach (IEncoder encoder in _all) encoder.SetHost(host);
    }

    private static bool WantsLines(SinkOptions sink) => sink.Schema == OutputSchema.NsCollector;
}
