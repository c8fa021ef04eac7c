using System.Globalization;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Http;
using NsCollector.Host.Configuration;

namespace NsCollector.Host.Check;

/// <summary>Whether a server accepts the requests of an InfluxDB sink. Sends a ping and an empty write, which store and create nothing.</summary>
internal static class InfluxCheck
{
    // A smaller difference can come from the Date header's whole seconds, the round trip and the error of NTP.
    private static readonly TimeSpan SkewWarning = TimeSpan.FromSeconds(30);

    /// <summary>Sends the requests. Each may block for the sink's <c>timeout</c>.</summary>
    internal static IEnumerable<Finding> Findings(InfluxSinkOptions sink, TimeProvider clock)
    {
        string name = Name(sink);
        if (!sink.TlsVerify)
        {
            yield return Finding.Warn($"{name}: tls_verify = off: anybody on the network path can read and change what is sent; set tls_ca_file to the certificate authority instead");
        }

        // Without the key, the file is in the spool's directory, which SpoolCheck checks.
        if (sink.RefusedFile.Length > 0 && FileCheck.Of(sink.RefusedFile, "refused_file").Problem is { } unwritable)
        {
            yield return Finding.Fail($"{name}: refused_file {Printable.Text(sink.RefusedFile)}: {unwritable}; until then, lines that the server refuses are lost");
        }

        if (Proxy(sink) is { } proxy) yield return Finding.Ok($"{name}: through the proxy {proxy} from this environment (a service has its own environment)");

        using InfluxClient client = new(sink, clock);
        ServerAnswer first = client.Ping(CancellationToken.None);
        if (IsUnreachable(first.Kind))
        {
            yield return Finding.Fail($"{name}: {first.Reason}; {Remedy(sink, first)}");
            yield break;
        }

        // The first ping has connected, so the second measures the round trip alone.
        long started = clock.GetTimestamp();
        ServerAnswer second = client.Ping(CancellationToken.None);
        TimeSpan roundTrip = clock.GetElapsedTime(started);
        DateTimeOffset now = clock.GetUtcNow() - (roundTrip / 2);

        // Some servers have no /ping, and some need the token for it. The write decides.
        string version = first.ServerVersion.Length > 0 ? first.ServerVersion : "a server that does not report its version";
        yield return Finding.Ok(string.Create(CultureInfo.InvariantCulture, $"{name}: {version} answers in {roundTrip.TotalMilliseconds:0.0} ms"));
        if ((second.ServerTime ?? first.ServerTime) is { } serverTime) yield return Skew(name, serverTime, now);
        yield return Written(sink, name, client.WriteNothing(CancellationToken.None));
    }

    /// <summary>Judges the difference of the clocks. The server reports whole seconds.</summary>
    internal static Finding Skew(string name, DateTimeOffset serverTime, DateTimeOffset now)
    {
        TimeSpan skew = serverTime - now;
        string seconds = string.Create(CultureInfo.InvariantCulture, $"{Math.Round(skew.TotalSeconds):+0;-0;0} s");
        return skew.Duration() < SkewWarning
            ? Finding.Ok($"{name}: the clocks agree ({seconds})")
            : Finding.Warn($"{name}: the server's clock differs by {seconds} from this host's; points have this host's time, so queries for \"now\" miss some of them; synchronise both clocks with NTP");
    }

    /// <summary>Judges the answer to an empty write.</summary>
    internal static Finding Written(InfluxSinkOptions sink, string name, ServerAnswer answer)
    {
        string where = sink.Version == InfluxVersion.V2
            ? $"bucket {Printable.Text(sink.Bucket)} of {Printable.Text(sink.Organisation)}"
            : $"database {Printable.Text(sink.Database)}";
        string authority = sink.TokenFile.Length > 0 ? ", with the token" : sink.User.Length > 0 ? $", as user {Printable.Text(sink.User)}" : ", without authentication";
        switch (answer.Kind)
        {
            case AnswerKind.Taken:
                return Finding.Ok($"{name}: writes are accepted ({where}{authority})");
            case AnswerKind.RequestRefused or AnswerKind.LinesRefused or AnswerKind.TakenInPart when IsAboutEmptyRequest(answer.Reason):
                return Finding.Ok($"{name}: writes are accepted ({where}{authority}); the server only reported that the request had no lines");
            case AnswerKind.RequestRefused or AnswerKind.LinesRefused or AnswerKind.TakenInPart:
                return Finding.Warn($"{name}: the server refused an empty write, and may or may not accept lines: {Status(answer)}");
            case AnswerKind.NotFound when sink.CreateDatabase && sink.Version == InfluxVersion.V1 && !IsAboutRetention(answer):
                return Finding.Warn($"{name}: {where} does not exist yet; the agent will create it (create_database)");
            case AnswerKind.Throttled:
                return Finding.Warn($"{name}: the server asks the agent to wait: {Status(answer)}; lines are kept in the spool until then");
            default:
                return Finding.Fail($"{name}: {Status(answer)}; {Remedy(sink, answer)}");
        }
    }

    /// <summary>The prefix of findings about a sink.</summary>
    internal static string Name(InfluxSinkOptions sink) =>
        $"influx:{sink.Name}: {Printable.Text(sink.Url)}" + (sink.UnixSocket.Length > 0 ? $" through {Printable.Text(sink.UnixSocket)}" : "");

    private static bool IsUnreachable(AnswerKind kind) =>
        kind is AnswerKind.Unreachable or AnswerKind.TlsFailed or AnswerKind.TimedOut or AnswerKind.NotConfigured or AnswerKind.Cancelled;

    // Version 2 answers "writing requires points"; version 3 and other servers use other words.
    private static bool IsAboutEmptyRequest(string reason) =>
        reason.Contains("requires points", StringComparison.OrdinalIgnoreCase) || reason.Contains("empty", StringComparison.OrdinalIgnoreCase) ||
        reason.Contains("no lines", StringComparison.OrdinalIgnoreCase) || reason.Contains("no points", StringComparison.OrdinalIgnoreCase) ||
        reason.Contains("no data", StringComparison.OrdinalIgnoreCase);

    private static bool IsAboutRetention(ServerAnswer answer) => answer.Reason.Contains("retention policy", StringComparison.OrdinalIgnoreCase);

    private static string Status(ServerAnswer answer) =>
        answer.Status == 0 ? answer.Reason : string.Create(CultureInfo.InvariantCulture, $"{answer.Reason} (HTTP {answer.Status})");

    // What the administrator can do.
    private static string Remedy(InfluxSinkOptions sink, ServerAnswer answer) => answer.Kind switch
    {
        AnswerKind.Unreachable when sink.UnixSocket.Length > 0 => "check that the server is running and listens on the path of unix_socket",
        AnswerKind.Unreachable when Proxy(sink) is not null => "check that the proxy is running and accepts this host, or set proxy = off",
        AnswerKind.Unreachable => "check that the server is running, that url is right, and that no firewall blocks the connection",
        AnswerKind.TimedOut => "check that the database listens there and is not overloaded",
        AnswerKind.TlsFailed => "set tls_ca_file to the authority that signed the server's certificate, or use the host name of the certificate in url",
        AnswerKind.NotConfigured => "correct the file",
        AnswerKind.Unauthorized when answer.Status == 407 => "put user and password into the proxy URL of the environment, or set proxy = off",
        AnswerKind.Unauthorized when sink.TokenFile.Length > 0 => "check that the token in token_file exists on the server and may write",
        AnswerKind.Unauthorized when sink.User.Length > 0 => "check that password_file has the password of the user, and that the user may write",
        AnswerKind.Unauthorized => sink.Version == InfluxVersion.V1 ? "set user and password_file (or token_file)" : "set token_file",
        AnswerKind.NotFound when IsAboutRetention(answer) => "create it on the server, or correct retention_policy",
        AnswerKind.NotFound when sink.Version == InfluxVersion.V1 => "create the database on the server, or set create_database = on",
        AnswerKind.NotFound when sink.Version == InfluxVersion.V2 => "create it on the server, or correct org and bucket",
        AnswerKind.NotFound => "create the database on the server, or correct the key database",
        AnswerKind.NotADatabase => "check url (with its path) and version",
        AnswerKind.ServerFailed => "see the server's log; lines are kept in the spool until then",
        AnswerKind.TooLarge => "the server refuses even an empty body; check the proxies in front of the database",
        _ => "see the server's log",
    };

    /// <summary>The proxy to a sink's server, without user and password; null if there is none.</summary>
    private static string? Proxy(InfluxSinkOptions sink)
    {
        if (!sink.UseProxy || sink.UnixSocket.Length > 0 || !Uri.TryCreate(sink.Url, UriKind.Absolute, out Uri? url)) return null;
        if (EnvironmentProxy.OfThisProcess().GetProxy(url) is not { } proxy || proxy == url) return null;
        return Printable.Text(string.Create(CultureInfo.InvariantCulture, $"{proxy.Scheme}://{proxy.IdnHost}:{proxy.Port}"));
    }
}
