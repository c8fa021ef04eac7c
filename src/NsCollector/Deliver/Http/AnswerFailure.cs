namespace NsCollector.Deliver.Http;

/// <summary>Maps a response to the kind of failure that is counted.</summary>
internal static class AnswerFailure
{
    /// <summary>The kind of failure; <see cref="SinkFailure.Refused"/> for a response that refused some lines.</summary>
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
