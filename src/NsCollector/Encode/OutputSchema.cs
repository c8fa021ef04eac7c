namespace NsCollector.Encode;

/// <summary>The names under which a sink receives points (<c>schema</c> of its section).</summary>
internal enum OutputSchema
{
    /// <summary>NsCollector's own measurements, as in docs/metrics.md.</summary>
    NsCollector,

    /// <summary>The measurements of Telegraf's docker input, as in docs/telegraf.md.</summary>
    Telegraf,

    /// <summary>The metrics of OpenTelemetry, as in docs/opentelemetry.md. Every OTLP sink has it, and no other sink can.</summary>
    Otlp,
}
