namespace NsCollector.RuntimeTests.Influx;

/// <summary>What can go wrong between an agent and a server.</summary>
internal enum FaultKind
{
    /// <summary>Nothing: request and answer are passed on.</summary>
    None,

    /// <summary>The request is read, not passed on, and answered with a status.</summary>
    Answer,

    /// <summary>The same before the body is read; then the connection is closed.</summary>
    AnswerEarly,

    /// <summary>The request is read, not passed on and never answered.</summary>
    Silence,

    /// <summary>The connection is reset after half the body; nothing is passed on.</summary>
    CutRequest,

    /// <summary>The request is passed on, and the connection is reset within the answer.</summary>
    CutAnswer,

    /// <summary>The request is passed on, and the answer is kept back.</summary>
    SwallowAnswer,

    /// <summary>The request is read, not passed on, and an answer with a body begins that never ends.</summary>
    EndlessBody,

    /// <summary>The request is read, not passed on, and an answer begins whose headers never end.</summary>
    EndlessHeaders,

    /// <summary>The request is read, not passed on, and answered with what is not HTTP.</summary>
    Garbage,
}
