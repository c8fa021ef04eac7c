using System.Net;
using System.Net.Sockets;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>Why a daemon cannot be followed.</summary>
/// <param name="Counter">What it counts as.</param>
/// <param name="Reason">In words, for a log message.</param>
internal sealed record EngineFailure(AgentCounter Counter, string Reason)
{
    /// <summary>
    /// Whether it is useless to try again before the socket is another one or has other permissions. An agent without root is
    /// in the socket's group only if somebody has added it.
    /// </summary>
    internal bool IsForbidden { get; private init; }

    internal static readonly EngineFailure Ended = new(AgentCounter.EngineErrorsUnreachable, "the daemon closed the connection");

    internal static readonly EngineFailure TimedOut = new(AgentCounter.EngineErrorsTimedOut, "there was no complete answer within discovery.engine_timeout");

    internal static readonly EngineFailure Malformed = new(AgentCounter.EngineErrorsAnswer, "the answers are not those of Docker's Engine API");

    private static readonly EngineFailure Forbidden =
        new(AgentCounter.EngineErrorsUnreachable, "this user may not open the socket (Docker's belongs to the group docker)") { IsForbidden = true };

    internal static EngineFailure Status(HttpStatusCode status, string path) =>
        new(AgentCounter.EngineErrorsAnswer, $"the answer to {path} has the HTTP status {(int)status}");

    /// <summary>What an answer that is larger than allowed, or is not made of JSON objects, means.</summary>
    internal static EngineFailure Of(JsonObjectOutcome outcome, string path) => new(AgentCounter.EngineErrorsAnswer, outcome == JsonObjectOutcome.TooLarge
        ? $"the answer to {path} is larger than discovery.max_engine_answer"
        : $"the answer to {path} is not one of Docker's Engine API");

    /// <summary>What an exception of a request means. The framework's own messages are resource keys in the native executable.</summary>
    internal static EngineFailure Of(Exception exception)
    {
        HttpRequestError error = HttpRequestError.Unknown;
        SocketError? socket = null;
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException request && error == HttpRequestError.Unknown) error = request.HttpRequestError;
            if (cause is HttpIOException io && error == HttpRequestError.Unknown) error = io.HttpRequestError;
            if (cause is SocketException s) socket ??= s.SocketErrorCode;
        }

        return socket switch
        {
            SocketError.TimedOut => TimedOut,
            // connect(2) of a blocking unix socket: the daemon's queue of connections is full.
            SocketError.WouldBlock => TimedOut,
            SocketError.ConnectionRefused => Unreachable("nothing listens on the socket"),
            SocketError.AccessDenied => Forbidden,
            SocketError.ConnectionReset or SocketError.Shutdown => Unreachable("the daemon reset the connection"),
            SocketError.TooManyOpenSockets => Unreachable("too many files are open; raise LimitNOFILE"),
            { } other => Unreachable($"the connection failed ({other})"),
            null => error switch
            {
                HttpRequestError.ConfigurationLimitExceeded => new(AgentCounter.EngineErrorsAnswer, "the answer's headers are too long"),
                HttpRequestError.InvalidResponse => Malformed,
                HttpRequestError.ResponseEnded => Ended,
                _ when exception is HttpRequestException or IOException or OperationCanceledException => Ended,
                _ => new(AgentCounter.EngineErrorsAnswer, $"the answer cannot be read ({exception.GetType().Name})"),
            },
        };
    }

    private static EngineFailure Unreachable(string reason) => new(AgentCounter.EngineErrorsUnreachable, reason);
}
