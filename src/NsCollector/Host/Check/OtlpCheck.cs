using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Otlp;
using NsCollector.Host.Configuration;

namespace NsCollector.Host.Check;

/// <summary>Whether a server accepts the requests of an OTLP sink. Sends a request without a metric, which stores nothing.</summary>
internal static class OtlpCheck
{
    /// <summary>Sends the request. May block for the sink's <c>timeout</c>.</summary>
    internal static IEnumerable<Finding> Findings(OtlpSinkOptions sink, TimeProvider clock)
    {
        string name = $"otlp:{sink.Name}: {Printable.Text(sink.Endpoint)}";
        if (!sink.TlsVerify)
        {
            yield return Finding.Warn($"{name}: tls_verify = off: anybody on the network path can read and change what is sent; set tls_ca_file to the certificate authority instead");
        }

        using var delivery = new OtlpDelivery("otlp:" + sink.Name, sink, new SinkCounters(clock), NullLogger.Instance, clock);
        long started = clock.GetTimestamp();
        ServerAnswer answer = delivery.SendNothing(CancellationToken.None);
        string took = string.Create(CultureInfo.InvariantCulture, $"{clock.GetElapsedTime(started).TotalMilliseconds:0.0} ms");
        string status = answer.Status == 0 ? answer.Reason : string.Create(CultureInfo.InvariantCulture, $"{answer.Reason} (HTTP {answer.Status})");
        yield return answer.Kind switch
        {
            AnswerKind.Taken or AnswerKind.TakenInPart => Finding.Ok($"{name}: metrics are accepted (answer in {took})"),
            AnswerKind.LinesRefused or AnswerKind.RequestRefused =>
                Finding.Warn($"{name}: the server refused a request without a metric, and may or may not accept metrics: {status}"),
            AnswerKind.Throttled => Finding.Warn($"{name}: the server asks the agent to wait: {status}; metrics are kept in the spool until then"),
            _ => Finding.Fail($"{name}: {status}; {Remedy(answer.Kind)}"),
        };
    }

    private static string Remedy(AnswerKind kind) => kind switch
    {
        AnswerKind.Unreachable => "check that the server is running, that url is right, and that no firewall blocks the connection",
        AnswerKind.TimedOut => "check that the server listens there and is not overloaded",
        AnswerKind.TlsFailed => "set tls_ca_file to the authority that signed the server's certificate, or use the host name of the certificate in url",
        AnswerKind.NotConfigured => "correct the file",
        AnswerKind.Unauthorized => "check token_file, user and password_file, and the headers",
        AnswerKind.NotADatabase => "check url, with its path, such as http://HOST:4318/v1/metrics",
        _ => "see the server's log; metrics are kept in the spool until then",
    };
}
