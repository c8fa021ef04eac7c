using System.Globalization;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Answers;
using NsCollector.Deliver.Influx.Http;
using NsCollector.Host.Configuration;

namespace NsCollector.Host.Check;

/// <summary>Whether a server would take what an InfluxDB sink sends it: asked for real, by a ping and by a write of nothing. Nothing is stored or made.</summary>
internal static class InfluxCheck
{
    // Less is the Date header's whole second, the way there and back, and what NTP leaves.
    private static readonly TimeSpan MuchSkew = TimeSpan.FromSeconds(30);

    /// <summary>Asks the server. Blocks for as long as the sink's <c>timeout</c> a request.</summary>
    internal static IEnumerable<Finding> Findings(InfluxSinkOptions sink, TimeProvider clock)
    {
        string name = Name(sink);
        if (!sink.TlsVerify)
        {
            yield return Finding.Warn($"{name}: tls_verify = off: whoever stands between here and the server can read and change all that is sent; name the authority with tls_ca_file instead");
        }

        if (Proxy(sink) is { } proxy) yield return Finding.Ok($"{name}: by the proxy {proxy} that this environment names (a service has an environment of its own)");

        using InfluxClient client = new(sink, clock);
        InfluxAnswer first = client.Ping(CancellationToken.None);
        if (IsOutOfReach(first.Kind))
        {
            yield return Finding.Fail($"{name}: {first.Reason}; {Remedy(sink, first)}");
            yield break;
        }

        // The first one has connected; the second tells how far it is.
        long started = clock.GetTimestamp();
        InfluxAnswer second = client.Ping(CancellationToken.None);
        TimeSpan roundTrip = clock.GetElapsedTime(started);
        DateTimeOffset now = clock.GetUtcNow() - (roundTrip / 2);

        // Not every server has /ping, and some ask for the token there too: what counts is the write.
        string version = first.ServerVersion.Length > 0 ? first.ServerVersion : "a server that does not say what it is";
        yield return Finding.Ok(string.Create(CultureInfo.InvariantCulture, $"{name}: {version} answers within {roundTrip.TotalMilliseconds:0.0} ms"));
        if ((second.ServerTime ?? first.ServerTime) is { } serverTime) yield return Skew(name, serverTime, now);
        yield return Written(sink, name, client.WriteNothing(CancellationToken.None));
    }

    /// <summary>What the difference of the clocks means. The server's is in whole seconds.</summary>
    internal static Finding Skew(string name, DateTimeOffset serverTime, DateTimeOffset now)
    {
        TimeSpan skew = serverTime - now;
        string seconds = string.Create(CultureInfo.InvariantCulture, $"{Math.Round(skew.TotalSeconds):+0;-0;0} s");
        return skew.Duration() < MuchSkew
            ? Finding.Ok($"{name}: the server's clock is as ours ({seconds})")
            : Finding.Warn($"{name}: the server's clock is at {seconds} to ours; points carry our time, so its queries for \"now\" miss some: set both by NTP");
    }

    /// <summary>What the answer to a write of nothing means.</summary>
    internal static Finding Written(InfluxSinkOptions sink, string name, InfluxAnswer answer)
    {
        string where = sink.Version == InfluxVersion.V2
            ? $"bucket {Printable.Text(sink.Bucket)} of {Printable.Text(sink.Organisation)}"
            : $"database {Printable.Text(sink.Database)}";
        string authority = sink.TokenFile.Length > 0 ? ", with the token" : sink.User.Length > 0 ? $", as user {Printable.Text(sink.User)}" : ", without authentication";
        switch (answer.Kind)
        {
            case AnswerKind.Taken:
                return Finding.Ok($"{name}: writes are taken ({where}{authority})");
            case AnswerKind.RequestRefused or AnswerKind.LinesRefused or AnswerKind.TakenInPart when SaysThatThereIsNothing(answer.Reason):
                return Finding.Ok($"{name}: writes are taken ({where}{authority}); it only misses the lines that check does not send");
            case AnswerKind.RequestRefused or AnswerKind.LinesRefused or AnswerKind.TakenInPart:
                return Finding.Warn($"{name}: a write of nothing is refused, which may or may not hold for lines too: {Status(answer)}");
            case AnswerKind.NotFound when sink.CreateDatabase && sink.Version == InfluxVersion.V1 && !IsAboutRetention(answer):
                return Finding.Warn($"{name}: there is no {where} yet; the agent will make it (create_database)");
            case AnswerKind.Throttled:
                return Finding.Warn($"{name}: the server asks to wait: {Status(answer)}; what is collected waits in the spool");
            default:
                return Finding.Fail($"{name}: {Status(answer)}; {Remedy(sink, answer)}");
        }
    }

    /// <summary>How findings name a sink.</summary>
    internal static string Name(InfluxSinkOptions sink) =>
        $"influx:{sink.Name}: {Printable.Text(sink.Url)}" + (sink.UnixSocket.Length > 0 ? $" by {Printable.Text(sink.UnixSocket)}" : "");

    private static bool IsOutOfReach(AnswerKind kind) =>
        kind is AnswerKind.Unreachable or AnswerKind.TlsFailed or AnswerKind.TimedOut or AnswerKind.NotConfigured or AnswerKind.Cancelled;

    // Version 2: "writing requires points"; version 3 and others have words of their own.
    private static bool SaysThatThereIsNothing(string reason) =>
        reason.Contains("requires points", StringComparison.OrdinalIgnoreCase) || reason.Contains("empty", StringComparison.OrdinalIgnoreCase) ||
        reason.Contains("no lines", StringComparison.OrdinalIgnoreCase) || reason.Contains("no points", StringComparison.OrdinalIgnoreCase) ||
        reason.Contains("no data", StringComparison.OrdinalIgnoreCase);

    private static bool IsAboutRetention(InfluxAnswer answer) => answer.Reason.Contains("retention policy", StringComparison.OrdinalIgnoreCase);

    private static string Status(InfluxAnswer answer) =>
        answer.Status == 0 ? answer.Reason : string.Create(CultureInfo.InvariantCulture, $"{answer.Reason} (HTTP {answer.Status})");

    // What the administrator can do about it.
    private static string Remedy(InfluxSinkOptions sink, InfluxAnswer answer) => answer.Kind switch
    {
        AnswerKind.Unreachable when sink.UnixSocket.Length > 0 => "is its server running, and unix_socket the path on which it listens?",
        AnswerKind.Unreachable when Proxy(sink) is not null => "is the proxy running, and does it let this host pass? proxy = off goes without",
        AnswerKind.Unreachable => "is the server running, is url right, and does a firewall stand between?",
        AnswerKind.TimedOut => "is what listens there the database, and is it overloaded?",
        AnswerKind.TlsFailed => "name the authority that signed its certificate with tls_ca_file, or use the host name that stands in the certificate",
        AnswerKind.NotConfigured => "mend the file",
        AnswerKind.Unauthorized when answer.Status == 407 => "the proxy of the environment needs its user and password in its URL; proxy = off goes without it",
        AnswerKind.Unauthorized when sink.TokenFile.Length > 0 => "does the token in token_file exist on the server, and may it write there?",
        AnswerKind.Unauthorized when sink.User.Length > 0 => "is the password in password_file that of the user, and may the user write there?",
        AnswerKind.Unauthorized => sink.Version == InfluxVersion.V1 ? "it wants user and password_file (or token_file)" : "it wants a token_file",
        AnswerKind.NotFound when IsAboutRetention(answer) => "create it on the server, or mend retention_policy",
        AnswerKind.NotFound when sink.Version == InfluxVersion.V1 => "create the database on the server, or set create_database = on",
        AnswerKind.NotFound when sink.Version == InfluxVersion.V2 => "create it on the server, or mend org and bucket",
        AnswerKind.NotFound => "create the database on the server, or mend database",
        AnswerKind.NotADatabase => "are url (with its path) and version right?",
        AnswerKind.ServerFailed => "see the server's log; what is collected waits in the spool",
        AnswerKind.TooLarge => "it takes not even an empty body; see what stands between here and the database",
        _ => "see the server's log",
    };

    /// <summary>The proxy by which a sink's server is reached, without the user and password that may stand in its URL; null where there is none.</summary>
    private static string? Proxy(InfluxSinkOptions sink)
    {
        if (!sink.UseProxy || sink.UnixSocket.Length > 0 || !Uri.TryCreate(sink.Url, UriKind.Absolute, out Uri? url)) return null;
        if (EnvironmentProxy.OfThisProcess().GetProxy(url) is not { } proxy || proxy == url) return null;
        return Printable.Text(string.Create(CultureInfo.InvariantCulture, $"{proxy.Scheme}://{proxy.IdnHost}:{proxy.Port}"));
    }
}
