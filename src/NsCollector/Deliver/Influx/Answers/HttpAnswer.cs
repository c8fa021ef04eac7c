namespace NsCollector.Deliver.Influx.Answers;

/// <summary>The answer to a request as it came: what <see cref="AnswerReader"/> reads. Every text in it is the server's and hostile.</summary>
internal sealed record HttpAnswer
{
    /// <summary>The HTTP status.</summary>
    internal required int Status { get; init; }

    /// <summary>Content-Type; empty where there was none.</summary>
    internal string MediaType { get; init; } = "";

    /// <summary>Location, of a redirect; empty where there was none.</summary>
    internal string Location { get; init; } = "";

    /// <summary>Retry-After; empty where there was none.</summary>
    internal string RetryAfter { get; init; } = "";

    /// <summary>Date; empty where there was none.</summary>
    internal string Date { get; init; } = "";

    /// <summary>X-Influxdb-Error, in which versions 1 and 2 repeat the beginning of the error; empty where there was none.</summary>
    internal string ErrorHeader { get; init; } = "";

    /// <summary>What the server says it is; empty where it does not.</summary>
    internal string ServerVersion { get; init; } = "";

    /// <summary>The body as text, what was not UTF-8 replaced.</summary>
    internal string Body { get; init; } = "";

    /// <summary>Whether that is all of the body.</summary>
    internal bool IsWhole { get; init; } = true;
}
