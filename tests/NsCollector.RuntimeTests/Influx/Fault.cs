namespace NsCollector.RuntimeTests.Influx;

/// <summary>What a <see cref="FaultyFront"/> does with a request.</summary>
/// <param name="Kind">What.</param>
/// <param name="Status">With <see cref="FaultKind.Answer"/>: the status and its phrase.</param>
/// <param name="Headers">With <see cref="FaultKind.Answer"/>: further headers, each with its CRLF.</param>
/// <param name="Body">With <see cref="FaultKind.Answer"/>: the body.</param>
internal sealed record Fault(FaultKind Kind, string Status = "", string Headers = "", string Body = "")
{
    /// <summary>None: the server serves.</summary>
    public static readonly Fault None = new(FaultKind.None);

    /// <summary>Answers in the server's place, after it has read the request.</summary>
    public static Fault Answer(string status, string headers = "", string body = "") => new(FaultKind.Answer, status, headers, body);

    /// <summary>Answers in the server's place without having asked for the body, and closes the connection.</summary>
    public static Fault AnswerEarly(string status, string headers = "", string body = "") => new(FaultKind.AnswerEarly, status, headers, body);
}
