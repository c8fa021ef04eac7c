namespace NsCollector.RuntimeTests.Influx;

/// <summary>What a <see cref="FaultProxy"/> does with a request.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Status">With <see cref="FaultKind.Answer"/>: the status code and phrase.</param>
/// <param name="Headers">With <see cref="FaultKind.Answer"/>: further headers, each with its CRLF.</param>
/// <param name="Body">With <see cref="FaultKind.Answer"/>: the body.</param>
internal sealed record Fault(FaultKind Kind, string Status = "", string Headers = "", string Body = "")
{
    /// <summary>No fault.</summary>
    public static readonly Fault None = new(FaultKind.None);

    /// <summary>Responds in place of the server, after it has read the request.</summary>
    public static Fault Answer(string status, string headers = "", string body = "") => new(FaultKind.Answer, status, headers, body);

    /// <summary>Responds in place of the server before it has asked for the body, and closes the connection.</summary>
    public static Fault AnswerEarly(string status, string headers = "", string body = "") => new(FaultKind.AnswerEarly, status, headers, body);
}
