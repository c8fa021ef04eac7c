using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Otlp;
using NsCollector.Deliver.Spool;
using NsCollector.Host.Check;

namespace NsCollector.Host;

/// <summary>Every kind of sink. A new kind is a row here, a file in Configuration/Sections and a line in <see cref="Configuration.ConfigurationKeys"/>.</summary>
internal static class SinkKinds
{
    internal static ImmutableArray<SinkKind> All { get; } =
    [
        SinkKind.Of<FileSinkOptions>("file",
            (options, parts) => options.Path == "-" ? new StandardOutputSink(options, parts.Logger) : new FileSink(options, parts.Logger),
            SinkCheck.Findings,
            options => options.Path),
        SinkKind.Of<InfluxSinkOptions>("influx",
            (options, parts) => new InfluxSink(options, parts.Spool, parts.SpoolLock, parts.Logger),
            options => InfluxCheck.Findings(options, TimeProvider.System),
            options => options.Url) with { UsesSpool = true },
        SinkKind.Of<OtlpSinkOptions>("otlp",
            (options, parts) => new OtlpSink(options, parts.Spool, parts.SpoolLock, parts.Logger),
            options => OtlpCheck.Findings(options, TimeProvider.System),
            options => options.Endpoint) with { UsesSpool = true },
    ];

    /// <summary>The kind of a sink.</summary>
    internal static SinkKind Of(SinkOptions options) => All.Single(kind => kind.Options == options.GetType());

    /// <summary>The name of a sink in messages, <c>SECTION:NAME</c>.</summary>
    internal static string Title(SinkOptions options) => $"{Of(options).Section}:{options.Name}";

    internal static ISink Create(SinkOptions options, SpoolOptions spool, SpoolLock? spoolLock, ILoggerFactory loggers) =>
        Of(options).Create(options, new SinkKind.Parts(spool, spoolLock, loggers.CreateLogger(Title(options))));
}
