using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Deliver;
using NsCollector.Deliver.Otlp;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Otlp;
using NsCollector.Sample;
using NsCollector.Telemetry;
using NsCollector.Tests.Deliver.Influx;
using NsCollector.Tests.Encode.Otlp;

namespace NsCollector.Tests.Deliver.Otlp;

/// <summary>What becomes of each point, whatever a server answers. The server decodes what it stores by the official field numbers.</summary>
public sealed class OtlpDeliveryTests : IBatchReceiver, IDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<string> _answers = new();
    private readonly List<OtlpPoint> _stored = [];
    private readonly ScriptedServer _server;
    private readonly List<(string Line, TimeSpan At)> _requests = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly OtlpEncoder _encoder;
    private ISink? _target;
    private SpoolLock? _spool;
    private readonly ManualResetEventSlim _hold = new(true);
    private bool _isInOrderOnly;
    private int _collected, _maxBody = int.MaxValue;

    public OtlpDeliveryTests()
    {
        _server = new ScriptedServer(Serve);
        _encoder = new OtlpEncoder(new EncodeOptions { Host = "h" }, OtlpTemporality.Cumulative, new BatchPool(64 * 1024), this, new AgentCounters(), 1, 1);
    }

    public void Dispose()
    {
        _server.Dispose();
        _hold.Dispose();
        _spool?.Dispose();
        _directory.Dispose();
    }

    void IBatchReceiver.Publish(Batch batch)
    {
        _target!.Enqueue(batch);
        batch.Release();
    }

    [Fact]
    public void Request_is_OTLP_over_HTTP_with_the_headers_of_the_section()
    {
        string token = _directory.Write("token", "secret\n"), tenant = _directory.Write("tenant", "team 7\n");
        System.IO.File.SetUnixFileMode(token, UnixFileMode.UserRead);
        System.IO.File.SetUnixFileMode(tenant, UnixFileMode.UserRead);
        using OtlpSink sink = NewSink(options => options with
        {
            TokenFile = token, HeaderValues = [new("X-Scope-OrgID", "42")], HeaderValueFiles = [new("X-Tenant", tenant)],
        });
        Collect(sink, containers: 3);
        WaitDelivered(sink);

        ScriptedServer.Request request = _server.Requests[0];
        Assert.Equal("POST /v1/metrics HTTP/1.1", request.Line);
        Assert.Equal("application/x-protobuf", request.Header("Content-Type"));
        Assert.Equal("gzip", request.Header("Content-Encoding"));
        Assert.Equal("Bearer secret", request.Header("Authorization"));
        Assert.Equal("42", request.Header("X-Scope-OrgID"));
        Assert.Equal("team 7", request.Header("X-Tenant"));
        AssertStoredOnce();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Points_of_a_partial_success_are_counted_and_not_sent_again(bool isProtobuf)
    {
        string body = isProtobuf
            ? Encoding.Latin1.GetString(new ProtobufMessage().With(1, new ProtobufMessage().With(1, 2).With(2, "too old")).ToBytes())
            : """{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"too old"}}""";
        _answers.Enqueue($"HTTP/1.1 200 OK\r\nContent-Type: application/{(isProtobuf ? "x-protobuf" : "json")}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        using OtlpSink sink = NewSink();
        Collect(sink, containers: 5);
        WaitDelivered(sink);

        Assert.Single(_requests);
        Assert.Equal((3L, 2L, 0L), (sink.Counters.SentPoints, sink.Counters.RefusedPoints, sink.Counters.DroppedPoints));
    }

    [Fact]
    public void Request_that_an_OTLP_server_refuses_is_kept_aside_and_others_are_sent()
    {
        string status = Encoding.Latin1.GetString(new ProtobufMessage().With(1, 3).With(2, "bad metric").ToBytes());
        _answers.Enqueue($"HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-protobuf\r\nContent-Length: {status.Length}\r\n\r\n{status}");
        using OtlpSink sink = NewSink();
        Collect(sink, containers: 2);
        Collect(sink, containers: 3);
        WaitDelivered(sink);

        Assert.Equal((3L, 2L), (sink.Counters.SentPoints, sink.Counters.RefusedPoints));
        Assert.Equal(2, _requests.Count);
        string kept = Assert.Single(Directory.GetFiles(Path.Combine(_directory.Path, "spool", "otlp:main")));
        Assert.EndsWith(".otlp.gz.refused", kept);
    }

    [Theory]
    [InlineData("400 Bad Request", "text/plain")]
    [InlineData("404 Not Found", "text/plain")]
    [InlineData("401 Unauthorized", "application/json")]
    [InlineData("400 Bad Request", "application/json")]
    [InlineData("408 Request Timeout", "text/plain")]
    [InlineData("425 Too Early", "text/plain")]
    [InlineData("500 Internal Server Error", "application/x-protobuf")]
    [InlineData("502 Bad Gateway", "text/html")]
    [InlineData("503 Service Unavailable", "text/html")]
    [InlineData("504 Gateway Timeout", "text/plain")]
    [InlineData("302 Found", "text/plain")]
    public void Failure_that_does_not_blame_the_points_loses_none(string status, string type)
    {
        for (int i = 0; i < 2; i++) _answers.Enqueue($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: 18\r\n\r\n{{\"message\":\"oops\"}}");
        using OtlpSink sink = NewSink();
        Collect(sink, containers: 4);
        WaitDelivered(sink);

        Assert.True(_requests.Count >= 3);
        Assert.Equal((4L, 0L, 0L), (sink.Counters.SentPoints, sink.Counters.RefusedPoints, sink.Counters.DroppedPoints));
        AssertStoredOnce();
    }

    [Fact]
    public void Header_that_a_server_repeats_is_not_in_the_reason()
    {
        string file = _directory.Write("header", "Bearer file-secret\n");
        System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead);
        const string Body = "bad: plain-secret, Bearer file-secret, file-secret, 42";
        _answers.Enqueue($"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        var options = new OtlpSinkOptions
        {
            Name = "main", Url = _server.Url, ExpectContinue = false,
            HeaderValues = [new("X-Key", "Basic plain-secret"), new("X-Tenant", "42")], HeaderValueFiles = [new("Authorization", file)],
        };
        using var delivery = new OtlpDelivery("otlp:main", options, new SinkCounters(), NullLogger.Instance, TimeProvider.System);

        Assert.Equal("bad: [secret], [secret], [secret], 42", delivery.SendNothing(CancellationToken.None).Reason);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(502)]
    [InlineData(504)]
    public void Retry_After_is_obeyed(int status)
    {
        _answers.Enqueue($"HTTP/1.1 {status} Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
        using OtlpSink sink = NewSink();
        Collect(sink, containers: 1);
        WaitDelivered(sink);

        Assert.True(_requests[1].At - _requests[0].At >= TimeSpan.FromSeconds(0.95), $"{_requests[1].At - _requests[0].At}");
        AssertStoredOnce();
    }

    [Fact]
    public void Request_that_is_too_large_is_divided_between_containers()
    {
        _maxBody = 3000;
        using OtlpSink sink = NewSink(options => options with { Gzip = false });
        Collect(sink, containers: 60);
        WaitDelivered(sink);

        Assert.True(_requests.Count > 3);
        Assert.Equal(60, sink.Counters.SentPoints);
        AssertStoredOnce();
    }

    [Fact]
    public void Resource_that_is_too_large_is_refused_and_the_others_are_sent()
    {
        _maxBody = 10;
        using OtlpSink sink = NewSink(options => options with { Gzip = false });
        Collect(sink, containers: 3);
        WaitDelivered(sink);

        Assert.Equal((0L, 3L, 0L), (sink.Counters.SentPoints, sink.Counters.RefusedPoints, sink.Counters.DroppedPoints));
    }

    /// <summary>As Prometheus without out_of_order_time_window: it refuses whatever is older than what it has stored.</summary>
    [Fact]
    public void Backlog_goes_before_newer_points()
    {
        using (OtlpSink down = NewSink(options => options with { Url = "http://127.0.0.1:1" }))
        {
            for (int i = 0; i < 5; i++) Collect(down, containers: 1);
            Assert.True(SpinWait.SpinUntil(() => down.Counters.QueuedFiles == 5, Patience));
            down.Stop(TimeSpan.FromSeconds(2));
        }

        _isInOrderOnly = true;
        using OtlpSink up = NewSink();
        for (int i = 0; i < 5; i++) Collect(up, containers: 1);
        WaitDelivered(up);

        AssertStoredOnce();

        // Nothing was refused and sent again. A request may have several cycles if the sender was late.
        Assert.InRange(_requests.Count, 2, 10);
    }

    [Fact]
    public void Refused_file_does_not_delay_those_behind_it()
    {
        using OtlpSink sink = NewSink(options => options with { RetryInterval = TimeSpan.FromSeconds(20), RetryIntervalMax = TimeSpan.FromSeconds(40) });
        Collect(sink, containers: 1);
        Assert.True(SpinWait.SpinUntil(() => sink.Counters.SentPoints == 1, Patience));
        _hold.Reset();
        Collect(sink, containers: 1);
        for (int i = 0; i < 3; i++) Collect(sink, containers: 1);
        for (int i = 0; i < 2; i++) _answers.Enqueue("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nout of order");
        TimeSpan begin = _clock.Elapsed;
        _hold.Set();
        WaitDelivered(sink);

        AssertStoredOnce();
        Assert.True(_clock.Elapsed - begin < TimeSpan.FromSeconds(10), $"{_clock.Elapsed - begin}");
    }

    [Fact]
    public void Refused_file_lets_those_of_the_pause_go_first()
    {
        _isInOrderOnly = true;
        _stored.Add(new OtlpPoint { Resource = [], Name = "newer", Integer = 1_000, Attributes = [] });
        using OtlpSink sink = NewSink(options => options with { RetryInterval = TimeSpan.FromSeconds(1), RetryIntervalMax = TimeSpan.FromSeconds(1) });
        Collect(sink, containers: 1);
        Assert.True(SpinWait.SpinUntil(() => sink.Counters.Down > TimeSpan.Zero, Patience));
        _collected = 2_000;
        Collect(sink, containers: 1);
        Collect(sink, containers: 1);
        WaitDelivered(sink);

        // Refused once before the pause, and twice after accepted ones.
        Assert.Equal((2L, 1L), (sink.Counters.SentPoints, sink.Counters.RefusedPoints));
    }

    [Fact]
    public void Points_of_an_outage_are_sent_once_after_a_restart()
    {
        using (OtlpSink down = NewSink(options => options with { Url = "http://127.0.0.1:1" }))
        {
            for (int i = 0; i < 5; i++) Collect(down, containers: 2);
            Assert.True(SpinWait.SpinUntil(() => down.Counters.QueuedFiles == 5, Patience));
            down.Stop(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(5, Directory.GetFiles(Path.Combine(_directory.Path, "spool", "otlp:main"), "*.otlp.gz").Length);
        using OtlpSink up = NewSink();
        Collect(up, containers: 2);
        WaitDelivered(up);

        AssertStoredOnce();
        Assert.Empty(Directory.GetFiles(Path.Combine(_directory.Path, "spool", "otlp:main")));
    }

    // Each point has its own value, so that a lost or repeated one shows.
    private void AssertStoredOnce()
    {
        lock (_stored) Assert.Equal(Enumerable.Range(1, _collected).Select(value => (long?)value), _stored.Select(point => point.Integer).Order());
    }

    private OtlpSink NewSink(Func<OtlpSinkOptions, OtlpSinkOptions>? change = null)
    {
        OtlpSinkOptions options = new()
        {
            Name = "main", Url = _server.Url, ExpectContinue = false,
            RetryInterval = TimeSpan.FromMilliseconds(1), RetryIntervalMax = TimeSpan.FromMilliseconds(4),
        };
        options = change?.Invoke(options) ?? options;
        string path = Path.Combine(_directory.Path, "spool");
        var sink = new OtlpSink(options, new SpoolOptions { Path = path, Sync = SpoolSync.Never }, _spool ??= new SpoolLock(path), NullLogger.Instance);
        sink.Start();
        return sink;
    }

    // One point for each container.
    private void Collect(OtlpSink sink, int containers)
    {
        _target = sink;
        Container[] list = [.. Enumerable.Range(0, containers).Select(i => new Container(_collected + i + 1, new ContainerIdentity(ContainerRuntime.Docker, "c" + (_collected + i)), "/c", null))];
        _encoder.BeginCycle(new ContainerList(_collected + 1, [.. list]));
        foreach (Container container in list)
        {
            var sample = new ContainerSample { TimestampNs = 1_700_000_000_000_000_000 };
            sample.Scalars.Set(Reading.MemoryPgscan, ++_collected);
            _encoder.Accept(container, sample);
        }

        _encoder.Flush(isEnd: true);
        long files = sink.Counters.QueuedBytes;
        SpinWait.SpinUntil(() => sink.Counters.QueuedBytes != files, 50);
    }

    private static void WaitDelivered(OtlpSink sink)
    {
        // Queued at once, and counted as waiting by the sink's thread a moment later.
        bool delivered = SpinWait.SpinUntil(() => sink.Counters.QueuedBytes == 0 && sink.Counters.QueuedFiles == 0, Patience);
        Assert.True(delivered, $"{sink.Counters.QueuedFiles} files with {sink.Counters.QueuedBytes} bytes still wait");
        sink.Stop(TimeSpan.FromSeconds(5));
    }

    private async Task Serve(ScriptedServer.Connection connection)
    {
        while (await connection.ReadHead())
        {
            await connection.ReadBody();
            ScriptedServer.Request request;
            lock (_server.Requests) request = _server.Requests[^1];
            lock (_requests) _requests.Add((request.Line, _clock.Elapsed));
            if (request.Body.Length > _maxBody)
            {
                await connection.Write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
                continue;
            }

            _hold.Wait(Patience);
            if (_answers.TryDequeue(out string? answer))
            {
                await connection.Write(answer);
                continue;
            }

            List<OtlpPoint> points = OtlpPoint.Decode(request.Header("Content-Encoding") == "gzip" ? Unpacked(request.Body) : request.Body);
            bool isRefused;
            lock (_stored)
            {
                isRefused = _isInOrderOnly && points.Min(point => point.Integer) < (_stored.Max(point => point.Integer) ?? 0);
                if (!isRefused) _stored.AddRange(points);
            }

            if (isRefused)
            {
                await connection.Write("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nout of order");
                continue;
            }

            await connection.Write(Ok);
        }
    }

    private static byte[] Unpacked(byte[] compressed)
    {
        using GZipStream stream = new(new MemoryStream(compressed), CompressionMode.Decompress);
        using MemoryStream unpacked = new();
        stream.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
