namespace NsCollector.Deliver.Influx.Answers;

/// <summary>What became of a request.</summary>
internal sealed record InfluxAnswer
{
    /// <summary>What it means.</summary>
    internal required AnswerKind Kind { get; init; }

    /// <summary>The HTTP status; 0 where there was no answer.</summary>
    internal int Status { get; init; }

    /// <summary>Why, printable on one line and bounded, whatever the server sent; never holds a secret. Empty where all is well.</summary>
    internal string Reason { get; init; } = "";

    /// <summary>How long the server asks us to wait; null where it does not.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>With <see cref="AnswerKind.TakenInPart"/>: the lines that are known to be refused, by ascending index.</summary>
    internal IReadOnlyList<RefusedLine> RefusedLines { get; init; } = [];

    /// <summary>With <see cref="AnswerKind.TakenInPart"/>: how many points were refused, at least as many as <see cref="RefusedLines"/>; those that are older than the retention not among them.</summary>
    internal long RefusedPoints { get; init; }

    /// <summary>With <see cref="AnswerKind.TakenInPart"/>: how many points were older than the retention.</summary>
    internal long ExpiredPoints { get; init; }

    /// <summary>The server's clock (header Date, whole seconds); null where it does not tell.</summary>
    internal DateTimeOffset? ServerTime { get; init; }

    /// <summary>What the server says it is (X-Influxdb-Version, X-Influxdb-Build, Server), printable and bounded; empty where it does not.</summary>
    internal string ServerVersion { get; init; } = "";
}
