namespace NsCollector.RuntimeTests.Influx;

/// <summary>The faults between an agent and a server.</summary>
internal enum FaultKind
{
    /// <summary>None: request and response are forwarded.</summary>
    None,

    /// <summary>The request is read, not forwarded, and gets a response with a status.</summary>
    Answer,

    /// <summary>The same before the body is read; then the connection is closed.</summary>
    AnswerEarly,

    /// <summary>The request is read, not forwarded, and gets no response.</summary>
    Silence,

    /// <summary>The connection is reset after half the body; nothing is forwarded.</summary>
    CutRequest,

    /// <summary>The request is forwarded, and the connection is reset within the response.</summary>
    CutAnswer,

    /// <summary>The request is forwarded, and the response is dropped.</summary>
    SwallowAnswer,

    /// <summary>The request is read, not forwarded, and gets a response with an endless body.</summary>
    EndlessBody,

    /// <summary>The request is read, not forwarded, and gets a response with endless headers.</summary>
    EndlessHeaders,

    /// <summary>The request is read, not forwarded, and gets a response that is not HTTP.</summary>
    Garbage,
}
