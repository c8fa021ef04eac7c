using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver.Http;
using NsCollector.Deliver;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;

namespace NsCollector.Tests.Deliver.Influx;

/// <summary>What becomes of each line, whatever a server answers; the server is <see cref="ModelServer"/>.</summary>
public sealed class InfluxSenderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Sends spool files of numbered lines to a server until none waits.</summary>
    private sealed class Run : IDisposable
    {
        private readonly SpoolSender _sender;
        private readonly string _refusedPath;

        public Run(ModelServer server, string refusedPath, Func<InfluxSinkOptions, InfluxSinkOptions>? change = null, SpoolLock? spool = null)
        {
            Server = server;
            _refusedPath = refusedPath;
            InfluxSinkOptions options = new()
            {
                Name = "main", RetryInterval = TimeSpan.FromMilliseconds(1), RetryIntervalMax = TimeSpan.FromMilliseconds(4),
                RefusedFile = refusedPath, ReplayBytesPerSecond = 0,
            };
            options = change?.Invoke(options) ?? options;
            Queue = new SpoolQueue("influx:main", new SpoolOptions(), spool is null ? null : new SpoolDirectory(spool, "main", SpoolSync.Never), 64 << 20, Counters, NullLogger.Instance, TimeProvider.System);
            Queue.Open();
            _sender = new SpoolSender("influx:main", options, new SpoolFileDelivery("influx:main", options, server, Counters, NullLogger.Instance, TimeProvider.System), Queue, Counters, NullLogger.Instance, TimeProvider.System);
        }

        public ModelServer Server { get; }

        public SpoolQueue Queue { get; }

        public SinkCounters Counters { get; } = new();

        public List<string> Collected { get; } = [];

        public void Add(int points)
        {
            StringBuilder text = new();
            for (int i = 0; i < points; i++)
            {
                string line = $"m,host=h v={Collected.Count}i {Collected.Count}";
                Collected.Add(line);
                text.Append(line).Append('\n');
            }

            using LinesGzip gzip = new();
            gzip.Append(Encoding.UTF8.GetBytes(text.ToString()));
            int lineBytes = gzip.LineBytes;
            Counters.Queued(lineBytes);
            Queue.Add(gzip.Finish().Span, points, lineBytes);
        }

        public void Start() => _sender.Start();

        public bool TrySendAll(TimeSpan patience) => SpinWait.SpinUntil(() => Queue.Count == 0, patience);

        public void SendAll()
        {
            _sender.Start();
            Assert.True(TrySendAll(Patience), $"{Queue.Count} spool files still wait after {Server.Requests} requests");
        }

        public string[] Refused() => System.IO.File.Exists(_refusedPath)
            ? [.. System.IO.File.ReadAllLines(_refusedPath).Where(line => !line.StartsWith('#'))]
            : [];

        public void Stop(TimeSpan timeout) => _sender.Stop(timeout);

        public void Dispose() => _sender.Stop(TimeSpan.Zero);
    }

    private Run Against(ModelServer server, Func<InfluxSinkOptions, InfluxSinkOptions>? change = null) =>
        new(server, Path.Combine(_directory.Path, Guid.NewGuid().ToString("N")), change);

    private static bool Ends(string line, string digits) => line.EndsWith(digits, StringComparison.Ordinal);

    [Theory]
    [InlineData(InfluxVersion.V1, true)]
    [InlineData(InfluxVersion.V2, true)]
    [InlineData(InfluxVersion.V3, true)]
    [InlineData(InfluxVersion.V2, false)]
    public void Send_bad_line_loses_no_other_and_resends_nothing(InfluxVersion version, bool gzip)
    {
        using Run run = Against(new ModelServer(version) { IsBad = line => Ends(line, " 2718") }, options => options with { Gzip = gzip });
        run.Add(6000);
        run.SendAll();
        Assert.Equal(run.Collected.Where(line => !Ends(line, " 2718")).Order(), run.Server.Stored.Order());
        Assert.Equal(["m,host=h v=2718i 2718"], run.Refused());
        Assert.Equal(0, run.Server.Resent);
        Assert.Equal((5999, 1, 0, 0), (run.Counters.SentPoints, run.Counters.RefusedPoints, run.Counters.DroppedPoints, run.Counters.QueuedBytes));
        // One request, or a search by halves there and back.
        Assert.InRange(run.Server.Requests, 1, version == InfluxVersion.V2 ? 2 * 13 + 2 : 1);
    }

    [Fact]
    public void Send_any_failures_every_line_is_stored_or_refused_once() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(PositiveInt Seed, int Version, bool Small)>(),
            given =>
            {
                Random random = new(given.Seed.Get);
                InfluxVersion version = (InfluxVersion)(1 + Math.Abs(given.Version % 3));
                int points = random.Next(1, 120);
                HashSet<int> bad = [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => random.Next(points))];
                ModelServer server = new(version)
                {
                    IsBad = line => bad.Contains(int.Parse(line[(line.LastIndexOf(' ') + 1)..])),
                    MaxBodyBytes = given.Small ? 150 : int.MaxValue,
                    Fails = new Random(given.Seed.Get),
                };
                using Run run = Against(server);
                for (int left = points; left > 0;)
                {
                    int some = random.Next(1, left + 1);
                    run.Add(some);
                    left -= some;
                }

                run.SendAll();
                string[] refused = run.Refused();
                return run.Collected.ToHashSet().SetEquals([.. server.Stored, .. refused]) && !server.Stored.Overlaps(refused) &&
                    refused.Length == bad.Count && refused.Distinct().Count() == bad.Count && server.Resent == 0 &&
                    run.Counters.SentPoints == server.Stored.Count && run.Counters.RefusedPoints == bad.Count &&
                    run.Counters.QueuedBytes == 0 && run.Counters.DroppedPoints == 0;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Send_too_large_body_is_split_and_later_ones_at_once()
    {
        using Run run = Against(new ModelServer(InfluxVersion.V1) { MaxBodyBytes = 2000 });
        for (int i = 0; i < 10; i++) run.Add(2000);
        run.SendAll();
        Assert.Equal(run.Collected.Order(), run.Server.Stored.Order());
        Assert.Equal(0, run.Server.Resent);
        Assert.InRange(run.Counters[SinkFailure.TooLarge], 1, 8);
    }

    [Fact]
    public void Send_server_refusing_everything_loses_no_line()
    {
        using Run run = Against(new ModelServer(InfluxVersion.V2) { IsBad = _ => true, NamesLines = false });
        run.Add(100);
        run.Add(100);
        run.Start();
        Assert.True(SpinWait.SpinUntil(() => run.Server.Requests > 400, Patience));
        Assert.Empty(run.Refused());
        Assert.Equal((0, 0, 2), (run.Counters.RefusedPoints, run.Counters.DroppedPoints, run.Queue.Count));
        Assert.False(run.Counters.IsUp);
    }

    [Fact]
    public void Send_suspect_line_is_refused_once_another_is_accepted()
    {
        using Run run = Against(new ModelServer(InfluxVersion.V2) { IsBad = line => Ends(line, " 0") || Ends(line, " 50"), NamesLines = false });
        run.Add(60);
        run.SendAll();
        Assert.Equal(["m,host=h v=0i 0", "m,host=h v=50i 50"], run.Refused());
        Assert.Equal(58, run.Server.Stored.Count);
        Assert.Equal(0, run.Server.Resent);
    }

    [Fact]
    public void Send_only_refused_spool_file_is_set_aside()
    {
        using Run run = Against(new ModelServer(InfluxVersion.V2) { IsBad = line => int.Parse(line[(line.LastIndexOf(' ') + 1)..]) < 300, NamesLines = false });
        run.Add(300);
        run.Add(10);
        run.Add(10);
        run.SendAll();
        Assert.Equal(20, run.Server.Stored.Count);
        Assert.Equal((20, 300, 0), (run.Counters.SentPoints, run.Counters.RefusedPoints, run.Counters.QueuedBytes));
    }

    [Fact]
    public void Send_failure_is_counted_by_kind_and_retried()
    {
        ModelServer server = new(InfluxVersion.V1);
        using Run run = Against(server);
        server.Script(AnswerKind.Unreachable, AnswerKind.TimedOut, AnswerKind.TlsFailed, AnswerKind.Unauthorized, AnswerKind.NotFound,
            AnswerKind.Throttled, AnswerKind.ServerFailed, AnswerKind.ServerRefused, AnswerKind.NotADatabase, AnswerKind.NotConfigured);
        run.Add(10);
        run.SendAll();
        SinkFailure[] once =
        [
            SinkFailure.Unreachable, SinkFailure.TimedOut, SinkFailure.Tls, SinkFailure.Unauthorized, SinkFailure.NotFound,
            SinkFailure.Throttled, SinkFailure.Server, SinkFailure.Refused, SinkFailure.NotADatabase, SinkFailure.Configuration,
        ];
        Assert.All(once, failure => Assert.Equal(1, run.Counters[failure]));
        Assert.Equal((10, 10, 10), (run.Counters.Errors, run.Counters.Retries, run.Counters.SentPoints));
        Assert.True(run.Counters.IsUp);
    }

    [Fact]
    public void Send_missing_database_is_created_only_if_configured()
    {
        ModelServer first = new(InfluxVersion.V1) { IsDatabaseMissing = true };
        using (Run run = Against(first, options => options with { CreateDatabase = true }))
        {
            run.Add(10);
            run.SendAll();
            Assert.Equal(10, first.Stored.Count);
        }

        ModelServer second = new(InfluxVersion.V1) { IsDatabaseMissing = true };
        using (Run run = Against(second))
        {
            run.Add(10);
            run.Start();
            Assert.True(SpinWait.SpinUntil(() => second.Requests > 5, Patience));
            Assert.Empty(second.Stored);
            second.IsDatabaseMissing = false;
            Assert.True(run.TrySendAll(Patience));
            Assert.Equal(10, second.Stored.Count);
        }
    }

    [Fact]
    public void Send_useless_database_creation_is_not_repeated_at_once()
    {
        // As influxd does about a retention policy: 1.6.7 says "not found", and creates the database gladly each time.
        ModelServer server = new(InfluxVersion.V1) { IsDatabaseMissing = true, CreatesDatabases = false };
        using Run run = Against(server, options => options with { CreateDatabase = true, RetryIntervalMax = TimeSpan.FromMinutes(1) });
        run.Add(10);
        run.Start();
        Assert.True(SpinWait.SpinUntil(() => server.Requests >= 2, Patience));
        Thread.Sleep(200);
        Assert.Equal((2, 2), (server.Requests, server.Creations));
    }

    [Fact]
    public void Stop_sends_live_spool_files()
    {
        ModelServer server = new(InfluxVersion.V1);
        Run run = Against(server);
        run.Start();
        for (int i = 0; i < 50; i++) run.Add(10);
        run.Dispose();
        Run patient = Against(server);
        patient.Dispose();
        Assert.Equal(run.Counters.SentPoints, server.Stored.Count);
        Assert.Equal(500 - run.Counters.SentPoints, run.Queue.DropMemory());
    }

    [Fact]
    public void Send_retry_after_zero_still_pauses()
    {
        using Run run = Against(
            new ModelServer(InfluxVersion.V1) { Instead = _ => new ServerAnswer { Kind = AnswerKind.Throttled, Status = 503, Reason = "busy", RetryAfter = TimeSpan.Zero } },
            options => options with { RetryInterval = TimeSpan.FromMilliseconds(400), RetryIntervalMax = TimeSpan.FromMilliseconds(400) });
        run.Add(10);
        run.Start();
        Thread.Sleep(1000);
        // Five are to be expected, of pauses between none and 400 ms.
        Assert.InRange(run.Server.Requests, 1, 40);
    }

    [Fact]
    public void Send_unreadable_spool_file_is_set_aside_after_the_others()
    {
        using SpoolLock spool = new(Path.Combine(_directory.Path, "spool"));
        using Run run = new(new ModelServer(InfluxVersion.V1), Path.Combine(_directory.Path, "refused"),
            options => options with { RetryInterval = TimeSpan.FromMilliseconds(1), RetryIntervalMax = TimeSpan.FromMilliseconds(4) }, spool);
        for (int i = 0; i < 3; i++) run.Add(10);
        run.Queue.SetServerDown(true);
        // A socket cannot be opened (ENXIO), whoever tries: as good as a bad sector.
        string first = Directory.GetFiles(Path.Combine(_directory.Path, "spool/main")).Order(StringComparer.Ordinal).First();
        System.IO.File.Delete(first);
        using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(first));
        run.Start();
        Assert.True(run.TrySendAll(TimeSpan.FromSeconds(20)), $"{run.Queue.Count} spool files still wait");
        Assert.Equal(run.Collected[10..].Order(), run.Server.Stored.Order());
        Assert.Equal((20, 10, 0), (run.Counters.SentPoints, run.Counters.DroppedPoints, run.Counters.QueuedBytes));
        Assert.True(System.IO.File.Exists(first + SpoolFileName.DamagedSuffix));
    }

    [Fact]
    public void Send_refusals_beginning_within_spool_file_lose_no_line()
    {
        using Run run = Against(new ModelServer(InfluxVersion.V2)
        {
            Instead = request => request == 2 ? null : new ServerAnswer { Kind = AnswerKind.RequestRefused, Status = 400, Reason = "no" },
        });
        run.Add(1000);
        run.Start();
        Assert.True(SpinWait.SpinUntil(() => run.Server.Requests > 700, Patience));
        Assert.Empty(run.Refused());
        Assert.Equal((500, 0, 0, 1), (run.Counters.SentPoints, run.Counters.RefusedPoints, run.Counters.DroppedPoints, run.Queue.Count));
    }

    [Fact]
    public void Send_suspect_lines_are_retried_before_they_are_refused()
    {
        using Run run = Against(new ModelServer(InfluxVersion.V2)
        {
            Instead = request => request > 20 ? null : new ServerAnswer { Kind = AnswerKind.RequestRefused, Status = 400, Reason = "no" },
        });
        run.Add(100);
        run.SendAll();
        Assert.Empty(run.Refused());
        Assert.Equal(run.Collected.Order(), run.Server.Stored.Order());
        Assert.Equal(0, run.Server.Resent);
        Assert.Equal((100, 0, 0), (run.Counters.SentPoints, run.Counters.RefusedPoints, run.Counters.QueuedBytes));
    }

    [Fact]
    public void Stop_sends_spool_files_in_memory_regardless_of_rate()
    {
        ModelServer server = new(InfluxVersion.V1);
        using Run run = Against(server, options => options with { ReplayBytesPerSecond = 4096 });
        run.Queue.SetServerDown(true);
        for (int i = 0; i < 3; i++) run.Add(1000);
        run.Queue.SetServerDown(false);
        run.Start();
        // The first is larger than a second's worth, so that the second waits for seconds.
        Assert.True(SpinWait.SpinUntil(() => run.Queue.Count == 2, Patience));
        Thread.Sleep(50);
        run.Stop(TimeSpan.FromSeconds(10));
        Assert.Equal(3000, server.Stored.Count);
        Assert.Equal(0, run.Queue.DropMemory());
    }

    [Fact]
    public void Send_exception_is_counted_and_delays_no_other()
    {
        ModelServer server = new(InfluxVersion.V1) { Instead = request => request is 1 or 2 ? throw new FormatException() : null };
        using Run run = Against(server);
        run.Add(10);
        run.Add(10);
        run.SendAll();
        Assert.Equal(20, server.Stored.Count);
        Assert.Equal((2, 0), (run.Counters[SinkFailure.Write], run.Counters.QueuedBytes));
    }

    [Fact]
    public void Send_body_limit_grows_after_accepted_bodies()
    {
        ModelServer server = new(InfluxVersion.V1);
        server.Script(AnswerKind.TooLarge, AnswerKind.TooLarge, AnswerKind.TooLarge);
        using Run run = Against(server);
        for (int i = 0; i < 100; i++) run.Add(64);
        run.SendAll();
        // If each spool file were sent in eighths, as the first one was, there would be 800 requests.
        Assert.InRange(server.Requests, 100, 400);
        Assert.Equal(0, server.Resent);
        Assert.Equal(6400, server.Stored.Count);
    }
}
