namespace NsCollector.Deliver.Http;

/// <summary>The result of a request.</summary>
internal sealed record ServerAnswer
{
    /// <summary>What it means.</summary>
    internal required AnswerKind Kind { get; init; }

    /// <summary>The HTTP status; 0 if there was no response.</summary>
    internal int Status { get; init; }

    /// <summary>The error on one printable line of bounded length, without secrets. Empty on success.</summary>
    internal string Reason { get; init; } = "";

    /// <summary>The delay that the server asks for; null if none.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>With <see cref="AnswerKind.TakenInPart"/>: the lines that are known to be refused, by ascending index.</summary>
    internal IReadOnlyList<RefusedLine> RefusedLines { get; init; } = [];

    /// <summary>With <see cref="AnswerKind.TakenInPart"/>: how many points were refused, at least as many as <see cref="RefusedLines"/>; without expired points.</summary>
    internal long RefusedPoints { get; init; }

    /// <summary>With <see cref="AnswerKind.TakenInPart"/>: how many points were older than the retention.</summary>
    internal long ExpiredPoints { get; init; }

    /// <summary>The server's clock (header Date, whole seconds); null if it is not sent.</summary>
    internal DateTimeOffset? ServerTime { get; init; }

    /// <summary>The server's version (X-Influxdb-Version, X-Influxdb-Build, Server), printable and bounded; empty if it does not send one.</summary>
    internal string ServerVersion { get; init; } = "";
}
