using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Encode;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The keys of every kind of sink that choose the names of its points.</summary>
internal static class SchemaKeys
{
    /// <summary>The key that needs the host's readings.</summary>
    internal const string Host = "telegraf_host";

    /// <summary>The keys for one section.</summary>
    internal static ImmutableArray<ConfigurationKey> For<T>(SectionKeys<T> section)
        where T : SinkOptions =>
        [
            section.Key("schema", new ChoiceValue<OutputSchema>(("nscollector", OutputSchema.NsCollector), ("telegraf", OutputSchema.Telegraf)),
                s => s.Schema, (s, v) => s with { Schema = v },
                "The names of measurements, tags and fields. `nscollector`: those of docs/metrics.md. `telegraf`: those of Telegraf's docker input, for all runtimes (docs/telegraf.md)."),
            section.Key("telegraf_perdevice", new TelegrafKindsValue(), s => s.Telegraf.PerDevice, (s, v) => s with { Telegraf = s.Telegraf with { PerDevice = v } },
                "With `schema = telegraf`: the kinds of points that are written for each core (`cpu`), interface (`network`) and block device (`blkio`), like `perdevice_include` of Telegraf.", example: "cpu, network, blkio"),
            section.Key("telegraf_total", new TelegrafKindsValue(), s => s.Telegraf.Total, (s, v) => s with { Telegraf = s.Telegraf with { Total = v } },
                "With `schema = telegraf`: the kinds of points that are written with totals, like `total_include` of Telegraf."),
            section.Key(Host, new SwitchValue(), s => s.Telegraf.Host, (s, v) => s with { Telegraf = s.Telegraf with { Host = v } },
                "With `schema = telegraf`: also write the host's readings, as the inputs cpu, mem, swap, system, disk, diskio and net of Telegraf do. Needs `[host] enabled`."),
        ];
}
