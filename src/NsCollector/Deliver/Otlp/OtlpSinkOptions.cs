using System.Collections.Immutable;
using NsCollector.Deliver.Http;
using NsCollector.Encode;
using NsCollector.Encode.Otlp;

namespace NsCollector.Deliver.Otlp;

/// <summary>One <c>[otlp:NAME]</c> section. Immutable; validated by Host.</summary>
internal sealed record OtlpSinkOptions : HttpSinkOptions
{
    /// <summary>A section with the defaults.</summary>
    public OtlpSinkOptions() => Schema = OutputSchema.Otlp;

    /// <summary>Since when the points of counters add up.</summary>
    public OtlpTemporality Temporality { get; init; }

    /// <summary>Maximum uncompressed bytes of a request.</summary>
    public int MaxRequestBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Headers of every request, by name.</summary>
    public ImmutableArray<KeyValuePair<string, string>> HeaderValues { get; init; } = [];

    /// <summary>Headers of every request whose values are in files, by name.</summary>
    public ImmutableArray<KeyValuePair<string, string>> HeaderValueFiles { get; init; } = [];

    /// <inheritdoc/>
    internal override ImmutableArray<KeyValuePair<string, string>> Headers => HeaderValues;

    /// <inheritdoc/>
    internal override ImmutableArray<KeyValuePair<string, string>> HeaderFiles => HeaderValueFiles;

    // A NAME cannot contain a colon, so an InfluxDB sink never has the same directory.
    /// <inheritdoc/>
    internal override string SpoolDirectory => "otlp:" + Name;

    /// <summary>The address of the interface. A url without a path has the one of the specification (OTLP/HTTP).</summary>
    internal string Endpoint => Uri.TryCreate(Url, UriKind.Absolute, out Uri? url) && url.AbsolutePath == "/" ? Url.TrimEnd('/') + "/v1/metrics" : Url;
}
