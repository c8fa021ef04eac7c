using System.Net;
using System.Net.Sockets;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>Why a daemon cannot be followed.</summary>
/// <param name="Counter">What it counts as.</param>
/// <param name="Reason">In words.</param>
internal sealed record EngineFailure(AgentCounter Counter, string Reason)
{
    /// <summary>
    /// Whether trying again is of no use before the socket is another one, or has other permissions: an agent without root is
    /// not in the socket's group unless somebody wanted it there.
    /// </summary>
    internal bool IsForbidden { get; private init; }

    internal static readonly EngineFailure Ended = new(AgentCounter.EngineErrorsUnreachable, "the connection was closed");

    internal static readonly EngineFailure TimedOut = new(AgentCounter.EngineErrorsTimedOut, "there was no whole answer within discovery.engine_timeout");

    internal static readonly EngineFailure Malformed = new(AgentCounter.EngineErrorsAnswer, "what answers there is not what Docker's Engine API answers");

    private static readonly EngineFailure Forbidden =
        new(AgentCounter.EngineErrorsUnreachable, "this user may not open the socket (Docker's belongs to the group docker)") { IsForbidden = true };

    internal static EngineFailure Status(HttpStatusCode status, string target) =>
        new(AgentCounter.EngineErrorsAnswer, $"{target} is answered with the HTTP status {(int)status}");

    /// <summary>What an exception of a request means. The framework's own words are resource keys in the native executable.</summary>
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
            // connect(2) of a blocking unix socket: the daemon's queue is full, nobody takes from it.
            SocketError.WouldBlock => TimedOut,
            SocketError.ConnectionRefused => Unreachable("nothing listens on the socket"),
            SocketError.AccessDenied => Forbidden,
            SocketError.ConnectionReset or SocketError.Shutdown => Unreachable("the daemon cut the connection"),
            SocketError.TooManyOpenSockets => Unreachable("too many files are open"),
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
