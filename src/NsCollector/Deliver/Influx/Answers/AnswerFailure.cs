namespace NsCollector.Deliver.Influx.Answers;

/// <summary>As which kind of failure an answer is counted.</summary>
internal static class AnswerFailure
{
    /// <summary>The kind; of an answer that is no failure, <see cref="SinkFailure.Refused"/> of some of its lines.</summary>
    internal static SinkFailure Of(AnswerKind kind) => kind switch
    {
        AnswerKind.Unreachable => SinkFailure.Unreachable,
        AnswerKind.TimedOut => SinkFailure.TimedOut,
        AnswerKind.TlsFailed => SinkFailure.Tls,
        AnswerKind.Unauthorized => SinkFailure.Unauthorized,
        AnswerKind.NotFound => SinkFailure.NotFound,
        AnswerKind.Throttled => SinkFailure.Throttled,
        AnswerKind.ServerFailed => SinkFailure.Server,
        AnswerKind.TooLarge => SinkFailure.TooLarge,
        AnswerKind.NotADatabase => SinkFailure.NotADatabase,
        AnswerKind.NotConfigured => SinkFailure.Configuration,
        _ => SinkFailure.Refused,
    };
}
