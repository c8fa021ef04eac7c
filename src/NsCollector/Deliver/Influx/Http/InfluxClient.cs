using System.Net;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx.Answers;

namespace NsCollector.Deliver.Influx.Http;

/// <summary>The requests of one InfluxDB sink, over an <see cref="HttpTransport"/>. None throws; each ends within the sink's time-out.</summary>
internal sealed class InfluxClient : IInfluxClient
{
    private const string LinesType = "text/plain; charset=utf-8";

    private readonly InfluxSinkOptions _options;
    private readonly HttpTransport _transport;

    /// <param name="options">Where and how to send.</param>
    /// <param name="clock">The time: for time-outs, and to tell how long a Retry-After with a date is.</param>
    /// <param name="proxy">In place of the environment's proxies; for tests.</param>
    internal InfluxClient(InfluxSinkOptions options, TimeProvider clock, IWebProxy? proxy = null)
    {
        _options = options;
        _transport = new HttpTransport(
            options, (http, lines, secrets, now) => AnswerReader.Read(http, options.Version, options.AcceptPartial, lines, secrets, now), clock, proxy);
    }

    /// <inheritdoc/>
    public ServerAnswer Write(ReadOnlyMemory<byte> body, bool isGzip, Func<ReadOnlyMemory<byte>> lines, CancellationToken stop) =>
        _transport.Send(HttpMethod.Post, InfluxRequest.WriteUrl(_options), body, isGzip ? "gzip" : "", LinesType, lines, stop);

    /// <summary>Posts an empty body. The answer says whether writes are permitted, as far as the server checks that for an empty body.</summary>
    internal ServerAnswer WriteNothing(CancellationToken stop) =>
        _transport.Send(HttpMethod.Post, InfluxRequest.WriteUrl(_options), default, "", LinesType, null, stop);

    /// <summary>Asks whether the server is reachable.</summary>
    internal ServerAnswer Ping(CancellationToken stop) =>
        _transport.Send(HttpMethod.Get, InfluxRequest.PingUrl(_options), default, "", "", null, stop);

    /// <summary>Creates the database (version 1); <see cref="AnswerKind.Taken"/> also if it already exists.</summary>
    public ServerAnswer CreateDatabase(CancellationToken stop) =>
        _transport.Send(
            HttpMethod.Post, InfluxRequest.QueryUrl(_options), InfluxRequest.CreateDatabaseForm(_options.Database), "",
            "application/x-www-form-urlencoded", null, stop);

    /// <inheritdoc/>
    public void Reload() => _transport.Reload();

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _transport.Dispose();
}
