using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace NsCollector.Deliver.Http;

/// <summary>
/// Converts an exception of the framework's HTTP client to an answer. The messages are the agent's own: those of the
/// framework are resource keys in the native executable.
/// </summary>
internal static class RequestFailure
{
    /// <summary>Describes a request that ended in an exception and was neither cancelled nor timed out.</summary>
    /// <param name="exception">The exception; the causes inside it count too.</param>
    /// <param name="options">The sink's options, for texts that depend on how it connects.</param>
    internal static ServerAnswer Describe(Exception exception, HttpSinkOptions options)
    {
        if (exception is OperationCanceledException)
            return new ServerAnswer { Kind = AnswerKind.Unreachable, Reason = $"no connection within {options.ConnectTimeout.TotalSeconds:0.###} s" };

        HttpRequestError error = HttpRequestError.Unknown;
        SocketError? socket = null;
        bool isTls = false;
        HttpStatusCode? status = null;
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException request)
            {
                if (error == HttpRequestError.Unknown) error = request.HttpRequestError;
                status ??= request.StatusCode;
            }
            if (cause is HttpIOException io && error == HttpRequestError.Unknown) error = io.HttpRequestError;
            if (cause is SocketException s) socket ??= s.SocketErrorCode;
            isTls |= cause is AuthenticationException;
        }

        if (error == HttpRequestError.ProxyTunnelError)
        {
            return status == HttpStatusCode.ProxyAuthenticationRequired
                ? new ServerAnswer { Kind = AnswerKind.Unauthorized, Status = 407, Reason = "the proxy requires a user and password" }
                : new ServerAnswer { Kind = AnswerKind.Unreachable, Reason = $"the proxy refused the connection{(status is { } code ? $" ({(int)code})" : "")}" };
        }
        if (socket is { } socketError && error != HttpRequestError.NameResolutionError)
            return new ServerAnswer { Kind = AnswerKind.Unreachable, Reason = Describe(socketError, options) };
        if (isTls || error == HttpRequestError.SecureConnectionError)
        {
            return new ServerAnswer
            {
                Kind = AnswerKind.TlsFailed,
                Reason = "the TLS handshake failed: the port does not speak TLS, there is no common TLS version or cipher, or the server refuses the client certificate",
            };
        }
        return error switch
        {
            HttpRequestError.NameResolutionError => new ServerAnswer { Kind = AnswerKind.Unreachable, Reason = Describe(socket ?? SocketError.HostNotFound, options) },
            HttpRequestError.ConfigurationLimitExceeded =>
                new ServerAnswer { Kind = AnswerKind.NotADatabase, Reason = $"the response headers are longer than {HttpTransport.MaxHeadersKiB} KiB" },
            HttpRequestError.InvalidResponse => new ServerAnswer { Kind = AnswerKind.NotADatabase, Reason = "the response is not HTTP/1.1" },
            HttpRequestError.ResponseEnded => new ServerAnswer { Kind = AnswerKind.Unreachable, Reason = "the connection was closed before the response was complete" },
            _ when exception is HttpRequestException or IOException =>
                new ServerAnswer { Kind = AnswerKind.Unreachable, Reason = "the connection broke" },
            _ => new ServerAnswer { Kind = AnswerKind.NotConfigured, Reason = $"these settings do not make a valid request ({exception.GetType().Name})" },
        };
    }

    private static string Describe(SocketError error, HttpSinkOptions options) => error switch
    {
        SocketError.HostNotFound or SocketError.NoData => "DNS does not know the host name",
        SocketError.TryAgain => "DNS does not respond",
        SocketError.ConnectionRefused when options.UnixSocket.Length > 0 => "nothing listens on the unix socket",
        SocketError.ConnectionRefused => "the connection is refused: nothing listens there",
        SocketError.ConnectionReset or SocketError.Shutdown => "the server closed the connection",
        SocketError.TimedOut => "the host does not respond",
        SocketError.HostUnreachable or SocketError.HostDown => "there is no route to the host",
        SocketError.NetworkUnreachable or SocketError.NetworkDown => "there is no route to the network",
        SocketError.AccessDenied => "the kernel or a firewall blocks the connection",
        SocketError.AddressNotAvailable when options.UnixSocket.Length > 0 => "there is no such unix socket",
        SocketError.TooManyOpenSockets => "too many open files",
        _ => $"the connection failed ({error})",
    };
}
