using NsCollector.Deliver.Http;

namespace NsCollector.Deliver.Influx;

/// <summary>One <c>[influx:NAME]</c> section. Immutable; validated by Host. Empty texts mean "not given".</summary>
internal sealed record InfluxSinkOptions : HttpSinkOptions
{
    /// <summary>The write interface.</summary>
    public InfluxVersion Version { get; init; } = InfluxVersion.V1;

    /// <summary>Versions 1 and 3: the database.</summary>
    public string Database { get; init; } = "";

    /// <summary>Version 1: the retention policy; empty for the database's default.</summary>
    public string RetentionPolicy { get; init; } = "";

    /// <summary>Version 1: the write consistency of a cluster (any, one, quorum, all); empty for the server's default.</summary>
    public string Consistency { get; init; } = "";

    /// <summary>Version 1: whether a database that is missing is created.</summary>
    public bool CreateDatabase { get; init; }

    /// <summary>Version 2: the organisation.</summary>
    public string Organisation { get; init; } = "";

    /// <summary>Version 2: the bucket.</summary>
    public string Bucket { get; init; } = "";

    /// <summary>Version 3: whether the good lines of a batch are kept where some are bad.</summary>
    public bool AcceptPartial { get; init; } = true;

    /// <summary>Version 3: whether the server may answer before the points are durable with it.</summary>
    public bool NoSync { get; init; }

    /// <summary>Where lines go that the server refuses for good; empty for <c>NAME.refused.lp</c> in the spool's directory.</summary>
    public string RefusedFile { get; init; } = "";

    /// <summary>How large that file and the one before it may be together.</summary>
    public long RefusedFileBytes { get; init; } = 16L * 1024 * 1024;

    /// <inheritdoc/>
    internal override string TokenScheme => Version == InfluxVersion.V3 ? "Bearer" : "Token";
}
