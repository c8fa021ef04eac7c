using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Identify.Engine;
using NsCollector.Linux;
using NsCollector.Telemetry;
using NsCollector.Tests.Deliver.Influx;

namespace NsCollector.Tests.Discover.Identify.Engine;

public sealed class EngineNamesTests : IDisposable
{
    private static readonly string A = Id(1), B = Id(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly AgentCounters _counters = new();
    private readonly ConcurrentQueue<string> _changes = new();
    private EngineNames? _names;

    private string Socket => Path.Combine(_directory.Path, "docker.sock");

    private EngineNames Names => _names!;

    private long Unreachable => _counters[AgentCounter.EngineErrorsUnreachable];

    private long TimedOut => _counters[AgentCounter.EngineErrorsTimedOut];

    private long Malformed => _counters[AgentCounter.EngineErrorsAnswer];

    private EngineOptions Options => new()
    {
        SocketPath = Socket,
        Timeout = TimeSpan.FromSeconds(5),
        Heartbeat = TimeSpan.FromMilliseconds(150),
        FirstPause = TimeSpan.FromMilliseconds(50),
        LongestPause = TimeSpan.FromMilliseconds(400),
        LookInterval = TimeSpan.FromMilliseconds(50),
    };

    public void Dispose()
    {
        _names?.Dispose();
        _directory.Dispose();
    }

    // Names, images and labels

    [Fact]
    public void List_gives_name_image_and_wanted_labels_of_running_containers()
    {
        using ScriptedEngine engine = new(Socket)
        {
            List = $"[{ScriptedEngine.Listing(A, "web", "nginx:1.27", ("team", "shop"), ("other", "x"), ("io.kubernetes.pod.name", "web-0"), ("name", "label"))},"
                + ScriptedEngine.Listing(B, "db", "sha256:0123") + "]",
        };
        Start(Options);
        Await(() => Names.IsConnected);
        Assert.True(Names.TryFind(A, out EngineContainer? web));
        Assert.Equal(("web", "nginx:1.27"), (web.Name, web.Image));
        Assert.Equal("io.kubernetes.pod.name=web-0|team=shop", string.Join('|', web.Labels.Select(label => $"{label.Key}={label.Value}")));
        Assert.True(Names.TryFind(B, out EngineContainer? db));
        Assert.Equal(("db", (string?)null), (db.Name, db.Image));
        Assert.False(Names.TryFind(Id(3), out _));
        Assert.Equal([""], _changes);
        AssertNoErrors();
    }

    [Fact]
    public void Events_of_birth_and_rename_are_applied_at_once()
    {
        using ScriptedEngine engine = new(Socket);
        Start(Options);
        Await(() => Names.IsConnected);

        engine.Happen(ScriptedEngine.Event("create", A, "web", "nginx:1.27", ("team", "shop"), ("other", "x")));
        AwaitName(A, "web");
        engine.Happen(ScriptedEngine.Event("start", A, "web", "nginx:1.27", ("team", "shop")));
        var clock = Stopwatch.StartNew();
        engine.Happen(ScriptedEngine.Event("rename", A, "shop", "nginx:1.27", ("oldName", "/web")));
        AwaitName(A, "shop");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.True(Names.TryFind(A, out EngineContainer? container));
        Assert.Equal("team=shop", string.Join('|', container.Labels.Select(label => $"{label.Key}={label.Value}")));

        // Of an unknown container, and of one that was created before the events were followed.
        engine.Happen(ScriptedEngine.Event("rename", B, "late", "redis:7", ("oldName", "/db")));
        AwaitName(B, "late");
        engine.Happen(ScriptedEngine.Event("start", Id(3), "third"));
        AwaitName(Id(3), "third");
        Await(() => _changes.Count == 4);
        Assert.Equal([A, A, B, Id(3)], _changes);
        AssertNoErrors();
    }

    [Fact]
    public void Health_is_that_of_the_list_and_of_events()
    {
        string started = ScriptedEngine.Listing(A, "web").Replace("\"State\":", "\"Status\":\"Up 2 seconds (health: starting)\",\"State\":", StringComparison.Ordinal);
        string healthy = ScriptedEngine.Listing(B, "db").Replace("\"State\":", "\"Status\":\"Up 2 days (healthy)\",\"State\":", StringComparison.Ordinal);
        using ScriptedEngine engine = new(Socket) { List = $"[{started},{healthy}]" };
        Start(Options);
        Await(() => Names.IsConnected);
        Assert.Equal((HealthStatus.Starting, null), Health(A));
        Assert.Equal((HealthStatus.Healthy, 0L), Health(B));

        engine.Happen(ScriptedEngine.Event("health_status: unhealthy", A, "web"));
        Await(() => Health(A).Status == HealthStatus.Unhealthy);
        Assert.Null(Health(A).HealthyAtNs);
        engine.Happen(ScriptedEngine.Event("health_status: healthy", A, "web").Replace("\"timeNano\":1", "\"timeNano\":77", StringComparison.Ordinal));
        Await(() => Health(A).Status == HealthStatus.Healthy);
        Assert.Equal(77, Health(A).HealthyAtNs);

        // The first time counts, until it starts again.
        engine.Happen(ScriptedEngine.Event("health_status: unhealthy", A, "web"));
        engine.Happen(ScriptedEngine.Event("health_status: healthy", A, "web"));
        engine.Happen(ScriptedEngine.Event("rename", A, "shop"));
        AwaitName(A, "shop");
        Assert.Equal((HealthStatus.Healthy, 77L), Health(A));
        engine.Happen(ScriptedEngine.Event("start", A, "shop"));
        Await(() => Health(A).Status == HealthStatus.None);

        // As podman says it, in an attribute.
        engine.Happen(ScriptedEngine.Event("health_status", A, "shop", "i", ("health_status", "healthy")));
        Await(() => Health(A) == (HealthStatus.Healthy, 1L));
        engine.Happen(ScriptedEngine.Event("health_status: odd", A, "shop"));
        engine.Happen(ScriptedEngine.Event("rename", A, "last"));
        AwaitName(A, "last");
        Assert.Equal((HealthStatus.Healthy, 1L), Health(A));
        AssertNoErrors();

        (HealthStatus? Status, long? HealthyAtNs) Health(string id) => Names.TryFind(id, out EngineContainer? container) ? (container.Health, container.HealthyAtNs) : default;
    }

    [Fact]
    public void Names_with_newlines_quotes_and_brackets_are_unchanged()
    {
        const string hostile = "a\"}]\n{\\ \u00e4\U0001F40B\t";
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, hostile, "i", ("team", hostile))}]" };
        Start(Options);
        AwaitName(A, hostile);
        engine.Happen(ScriptedEngine.Event("rename", B, hostile + "2", "i", ("team", "{[\"")));
        AwaitName(B, hostile + "2");
        Assert.True(Names.TryFind(A, out EngineContainer? container));
        Assert.Equal(hostile, container.Labels.Single().Value);
        AssertNoErrors();
    }

    [Fact]
    public void Linked_container_has_its_own_name()
    {
        using ScriptedEngine engine = new(Socket) { List = $$"""[{"Id":"{{A}}","Names":["/web/db","/db","/api/db"],"Image":"i","Labels":null}]""" };
        Start(Options);
        AwaitName(A, "db");
        AssertNoErrors();
    }

    [Fact]
    public void Labels_too_long_empty_or_over_the_bounds_are_left_out()
    {
        (string, string)[] many = [.. Enumerable.Range(0, 100).Select(i => ($"io.kubernetes.{i:d3}", new string('v', 200)))];
        (string, string)[] short_ = [.. Enumerable.Range(0, 100).Select(i => ($"io.kubernetes.{i:d3}", "v"))];
        using ScriptedEngine engine = new(Socket)
        {
            List = $"[{ScriptedEngine.Listing(A, "a", "i", many)},{ScriptedEngine.Listing(B, "b", "i", short_)},"
                + ScriptedEngine.Listing(Id(3), "c", "i", ("team", new string('x', 1025)), ("io.kubernetes.empty", ""), ("io.kubernetes.long", new string('x', 1024))) + "]",
        };
        Start(Options);
        Await(() => Names.IsConnected);
        Assert.True(Names.TryFind(A, out EngineContainer? a));
        Assert.Equal(8192 / 217, a.Labels.Length);
        Assert.True(Names.TryFind(B, out EngineContainer? b));
        Assert.Equal(64, b.Labels.Length);
        Assert.True(Names.TryFind(Id(3), out EngineContainer? c));
        Assert.Equal("io.kubernetes.long", Assert.Single(c.Labels).Key);
        Assert.Equal(100 - a.Labels.Length + 36 + 1, _counters[AgentCounter.LabelsOverLimit]);
        AssertNoErrors();
    }

    [Fact]
    public void List_of_ten_thousand_containers_is_read()
    {
        using ScriptedEngine engine = new(Socket)
        {
            List = "[" + string.Join(",\n", Enumerable.Range(0, 10_000).Select(i => ScriptedEngine.Listing(Id(i), $"c{i}", "i", ("filler", new string('x', 500))))) + "]",
        };
        Start(Options with { Timeout = TimeSpan.FromSeconds(5) });
        Await(() => Names.IsConnected);
        Assert.All(Enumerable.Range(0, 10_000), i =>
        {
            Assert.True(Names.TryFind(Id(i), out EngineContainer? container));
            Assert.Equal($"c{i}", container.Name);
        });
        AssertNoErrors();
    }

    [Fact]
    public void Removed_container_keeps_its_name_for_KeptAfterEnd()
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        Start(Options with { KeptAfterEnd = TimeSpan.FromMilliseconds(700) });
        AwaitName(A, "web");
        engine.List = "[]";
        engine.Happen(ScriptedEngine.Event("destroy", A, "web"));
        engine.Happen(ScriptedEngine.Event("create", B, "other"));
        AwaitName(B, "other");
        Assert.True(Names.TryFind(A, out _));
        Await(() => !Names.TryFind(A, out _));
        Assert.True(Names.TryFind(B, out _));
    }

    [Fact]
    public void Later_list_removes_and_renames_containers()
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")},{ScriptedEngine.Listing(B, "db")}]" };
        Start(Options with { KeptAfterEnd = TimeSpan.FromMilliseconds(300), ListInterval = TimeSpan.FromMilliseconds(200) });
        AwaitName(A, "web");
        engine.List = $"[{ScriptedEngine.Listing(A, "shop")}]";
        AwaitName(A, "shop");
        Await(() => !Names.TryFind(B, out _));
        AssertNoErrors();
    }

    [Fact]
    public void Containers_over_the_limit_wait_until_removed_ones_make_room()
    {
        using ScriptedEngine engine = new(Socket) { List = "[" + string.Join(',', Enumerable.Range(0, 12).Select(i => ScriptedEngine.Listing(Id(i), $"c{i}"))) + "]" };
        Start(Options with { MaxContainers = 10 });
        Await(() => Names.IsConnected);
        Assert.Equal(10, Enumerable.Range(0, 12).Count(i => Names.TryFind(Id(i), out _)));
        Assert.Equal(2, _counters[AgentCounter.ContainersOverLimit]);
        engine.Happen(ScriptedEngine.Event("destroy", Id(4), null));
        engine.Happen(ScriptedEngine.Event("create", Id(20), "new"));
        AwaitName(Id(20), "new");
        Assert.False(Names.TryFind(Id(4), out _));
    }

    // Daemons that fail

    [Fact]
    public void Missing_socket_is_not_a_failure_and_is_found_later()
    {
        File.CreateSymbolicLink(Socket, Path.Combine(_directory.Path, "nowhere.sock"));
        Start(Options);
        Thread.Sleep(300);
        File.Delete(Socket);
        Thread.Sleep(200);
        Assert.False(Names.IsConnected);
        AssertNoErrors();
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        AwaitName(A, "web");
        AssertNoErrors();
    }

    [Fact]
    public void Socket_without_a_listener_is_unreachable_and_tried_again()
    {
        File.WriteAllText(Socket, "");
        Start(Options);
        Await(() => Unreachable >= 2);
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        AwaitName(A, "web");
        Assert.Equal((0, 0), (TimedOut, Malformed));
    }

    [Fact]
    public void Failures_double_the_pause()
    {
        File.WriteAllText(Socket, "");
        Start(Options with { FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(30) });
        Thread.Sleep(2500);
        // 50 to 100, 100 to 200, 200 to 400 ms and so on: five or six tries, instead of 25 to 50.
        Assert.InRange(Unreachable, 3, 7);
    }

    [Fact]
    public void Socket_path_that_is_too_long_is_unreachable()
    {
        string directory = Path.Combine(_directory.Path, new string('d', 100));
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "docker.sock"), "");
        Start(Options with { SocketPath = Path.Combine(directory, "docker.sock") });
        Await(() => Unreachable >= 1);
    }

    public static TheoryData<string> Nonsense =>
    [
        "garbage\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\0\0\0\u0012\u0004\0\0\0\0\0\0\u0003\0\0\0\u0080\0\u0004\0\u0001\0\0\0\u0005\0ÿÿÿ",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 41\r\n\r\n<html><body>welcome to nginx</body></html>",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 24\r\n\r\n{\"message\":\"no\\nstorage\"}",
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n[]",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n[]",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n[1, 2]",
        "HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n[{\"Id\":\"a\" \"Names\":[]}]",
    ];

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Malformed_list_is_counted_and_names_stay(string nonsense)
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        Start(Options with { ListInterval = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromMilliseconds(500) });
        AwaitName(A, "web");
        Func<ScriptedServer.Connection, Task> right = engine.OnList;
        engine.OnList = connection => connection.Write(nonsense);
        // An answer with neither an end nor a length times out.
        Await(() => Malformed + TimedOut >= 2);
        Assert.True(Names.TryFind(A, out _));
        engine.List = $"[{ScriptedEngine.Listing(A, "shop")}]";
        engine.OnList = right;
        AwaitName(A, "shop");
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Malformed_events_are_counted_and_the_agent_reconnects(string nonsense)
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        engine.OnEvents = connection => connection.Write(nonsense);
        Start(Options);
        Await(() => Malformed + Unreachable >= 2);
        engine.OnEvents = engine.Follow;
        Await(() => Names.IsConnected);
        AwaitName(A, "web");
    }

    [Fact]
    public void Entries_of_wrong_types_are_counted_and_others_are_used()
    {
        string[] wrong =
        [
            "{}", """{"Id":5,"Names":["/x"]}""", """{"Id":"not hexadecimal"}""", $$"""{"Id":"{{Id(9)}}","Names":"x"}""",
            $$"""{"Id":"{{Id(9)}}","Labels":[1]}""", $$"""{"Id":"{{Id(9)}}","Names":["/\ud800"]}""",
            $$"""{"Id":"{{Id(9)}}","Names":["/{{new string('n', 2000)}}"]}""",
        ];
        using ScriptedEngine engine = new(Socket) { List = $"[{string.Join(',', wrong)},{ScriptedEngine.Listing(A, "web")}]" };
        Start(Options);
        AwaitName(A, "web");
        Await(() => Names.IsConnected);
        Assert.Equal(wrong.Length, Malformed);
        Assert.False(Names.TryFind(Id(9), out _));

        engine.Happen("""{"Type":"container","Action":"rename","Actor":5}""" + "\n");
        engine.Happen("""{"Type":"container","Action":"rename","Actor":{"ID":[],"Attributes":{"name":"x"}}}""" + "\n");
        engine.Happen("""{"Type":"container","Action":"rename","Actor":{"ID":"AAA","Attributes":{"name":7}}}""".Replace("AAA", A, StringComparison.Ordinal) + "\n");
        engine.Happen("""{"Type":"network","Action":"create","Actor":{"ID":"x","Attributes":{"name":"x"}}}""" + "\n");
        engine.Happen(ScriptedEngine.Event("exec_create: sh -c \"\n\"", A, "wrong"));
        engine.Happen(ScriptedEngine.Event("rename", B, "right"));
        AwaitName(B, "right");
        Assert.Equal(wrong.Length + 3, Malformed);
        AwaitName(A, "web");
        Assert.True(Names.IsConnected);
    }

    [Fact]
    public void Entry_with_a_label_of_megabytes_is_skipped_and_others_are_used()
    {
        string huge = new('x', 3 << 20);
        using ScriptedEngine engine = new(Socket)
        {
            List = $"[{ScriptedEngine.Listing(A, "web")},{ScriptedEngine.Listing(Id(9), "huge", "i", ("team", huge))},{ScriptedEngine.Listing(B, "db")}]",
        };
        Start(Options with { Timeout = TimeSpan.FromSeconds(5) });
        AwaitName(B, "db");
        AwaitName(A, "web");
        Assert.False(Names.TryFind(Id(9), out _));
        engine.Happen(ScriptedEngine.Event("create", Id(9), "huge", "i", ("team", huge)));
        engine.Happen(ScriptedEngine.Event("rename", A, "shop"));
        AwaitName(A, "shop");
        Assert.Equal(2, Malformed);
        Assert.True(Names.IsConnected);
    }

    [Fact]
    public void Daemon_that_never_answers_times_out()
    {
        using ScriptedEngine engine = new(Socket) { OnEvents = Silence };
        Start(Options with { Timeout = TimeSpan.FromMilliseconds(200) });
        Await(() => TimedOut >= 2);
        engine.OnEvents = engine.Follow;
        engine.OnList = Silence;
        Await(() => TimedOut >= 3);
        Assert.False(Names.IsConnected);
        engine.OnList = connection => ScriptedEngine.WriteJson(connection, engine.List);
        Await(() => Names.IsConnected);
        Assert.Equal((0, 0), (Unreachable, Malformed));
    }

    [Fact]
    public void Daemon_that_sends_byte_by_byte_times_out()
    {
        using ScriptedEngine engine = new(Socket) { OnEvents = connection => Trickle(connection, "HTTP/1.1 200 OK\r\nX-Header: " + new string('x', 10_000)) };
        Start(Options with { Timeout = TimeSpan.FromMilliseconds(200) });
        Await(() => TimedOut >= 1);
        engine.OnEvents = engine.Follow;
        engine.OnList = connection => Trickle(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[" + new string(' ', 999_000));
        Await(() => TimedOut >= 2);
        Assert.Equal((0, 0), (Unreachable, Malformed));
    }

    [Fact]
    public void Daemon_that_hangs_without_events_times_out_and_names_stay()
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        Start(Options with { Timeout = TimeSpan.FromSeconds(5) });
        AwaitName(A, "web");
        Await(() => engine.Pinged >= 3);
        Assert.True(Names.IsConnected);
        AssertNoErrors();
        // One connection for the events, one for lists and pings.
        Assert.Equal(2, engine.Connections);
        Func<ScriptedServer.Connection, Task> right = engine.OnPing;
        engine.OnPing = Silence;
        Await(() => !Names.IsConnected);
        Await(() => TimedOut >= 1);
        Assert.True(Names.TryFind(A, out _));
        engine.OnPing = right;
        int pinged = engine.Pinged;
        Await(() => Names.IsConnected && engine.Pinged > pinged + 2);
    }

    [Fact]
    public void Connection_closed_by_the_daemon_between_requests_is_replaced()
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        engine.OnPing = async connection => await connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK");
        Start(Options);
        Await(() => engine.Pinged >= 4);
        Assert.True(Names.IsConnected);
        Assert.Equal(1, engine.Followed);
        AssertNoErrors();
    }

    [Fact]
    public void Endless_headers_are_refused()
    {
        using ScriptedEngine engine = new(Socket) { OnEvents = connection => Pour(connection, "HTTP/1.1 200 OK\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n") };
        Start(Options with { Timeout = TimeSpan.FromSeconds(20) });
        Await(() => Malformed >= 1);
    }

    [Fact]
    public void Endless_events_and_lists_are_read_up_to_max_engine_answer()
    {
        using ScriptedEngine engine = new(Socket);
        long poured = 0;
        EngineOptions options = Options with { Timeout = TimeSpan.FromSeconds(20), MaxAnswerBytes = 4 << 20 };
        engine.OnEvents = connection => Pour(connection, "HTTP/1.1 200 OK\r\n\r\n{\"a\":\"", new string('x', 10_000), count => Volatile.Write(ref poured, count));
        Start(options);
        Await(() => Malformed >= 1);
        Assert.InRange(Volatile.Read(ref poured), 4 << 20, 6 << 20);

        // The containers of a list before the bound are known, and the events are followed.
        engine.OnEvents = engine.Follow;
        string entry = ScriptedEngine.Listing(A, "web") + ",";
        engine.OnList = connection => Pour(connection, "HTTP/1.1 200 OK\r\n\r\n[", entry, count => Volatile.Write(ref poured, count));
        Await(() => Names.IsConnected);
        Assert.InRange(Volatile.Read(ref poured), 4 << 20, 6 << 20);
        AwaitName(A, "web");
        engine.Happen(ScriptedEngine.Event("rename", A, "shop"));
        AwaitName(A, "shop");
        Assert.Equal((0, 0), (Unreachable, TimedOut));
    }

    [Fact]
    public void Truncated_list_and_events_are_unreachable_and_tried_again()
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")},{ScriptedEngine.Listing(B, "db")}]" };
        int cuts = 2;
        engine.OnEvents = async connection =>
        {
            if (Interlocked.Decrement(ref cuts) < 0)
            {
                await engine.Follow(connection);
                return;
            }

            await ScriptedEngine.Head(connection);
            await connection.Write(ScriptedEngine.Chunk(ScriptedEngine.Event("rename", A, "shop")[..40]));
        };
        Start(Options);
        Await(() => engine.Followed == 3 && Names.IsConnected);
        Assert.Equal((2L, 0L, 0L), (Unreachable, TimedOut, Malformed));
        Assert.True(Names.TryFind(A, out EngineContainer? container));
        Assert.Equal("web", container.Name);

        Names.Dispose();
        bool isCut = true;
        engine.OnList = async connection =>
        {
            await ScriptedEngine.Head(connection);
            await connection.Write(ScriptedEngine.Chunk(engine.List[..^20]));
            if (isCut)
            {
                isCut = false;
                throw new IOException("cut");
            }

            await connection.Write(ScriptedEngine.Chunk(engine.List[^20..]) + "0\r\n\r\n");
        };
        Start(Options);
        Await(() => Names.IsConnected);
        Assert.Equal(3, Unreachable);
        Assert.True(Names.TryFind(B, out _));
        Assert.Equal(0, Malformed);
    }

    [Fact]
    public void Dispose_while_the_daemon_hangs_ends_the_thread()
    {
        using ScriptedEngine engine = new(Socket) { OnEvents = Silence };
        Start(Options with { Timeout = TimeSpan.FromMinutes(5) });
        Await(() => engine.Followed == 1);
        Assert.False(Names.HasEnded);
        Names.Dispose();

        // Long before the timeout.
        Await(() => Names.HasEnded);
    }

    // systemd listens for the daemon

    [Fact]
    public void Daemon_that_systemd_would_start_is_not_connected_to()
    {
        using ScriptedEngine engine = new(Socket) { List = $"[{ScriptedEngine.Listing(A, "web")}]" };
        string proc = Path.Combine(_directory.Path, "proc");
        _directory.Write("proc/1/net/unix",
            "Num       RefCount Protocol Flags    Type St Inode Path\n" +
            "0000000000000000: 00000003 00000000 00000000 0001 03 41 /run/docker.sock\n" +
            "0000000000000000: 00000002 00000000 00010000 0001 01 4242 /run/docker.sock\n");
        Directory.CreateDirectory(Path.Combine(proc, "1/fd"));
        File.CreateSymbolicLink(Path.Combine(proc, "1/fd/7"), "socket:[4242]");
        Start(Options, new HostRoots(Proc: proc, Run: _directory.Path));
        Thread.Sleep(400);
        Assert.Equal(0, engine.Connections);
        AssertNoErrors();

        // dockerd writes it before it serves requests.
        string pidFile = _directory.Write("docker.pid", "17");
        AwaitName(A, "web");

        // The daemon ends: until its pid file is gone, systemd's socket is not connected to.
        int before = engine.Followed;
        engine.OnEvents = engine.Follow;
        File.Delete(pidFile);
        engine.OnPing = _ => throw new IOException("ended");
        Await(() => !Names.IsConnected);
        Thread.Sleep(600);
        Assert.Equal(before, engine.Followed);
        Assert.True(Names.TryFind(A, out _));
    }

    [Fact]
    public void Daemon_that_may_be_started_is_connected_to()
    {
        using ScriptedEngine engine = new(Socket);
        _directory.Write("proc/1/net/unix", "0000000000000000: 00000002 00000000 00010000 0001 01 4242 /run/docker.sock\n");
        Directory.CreateDirectory(Path.Combine(_directory.Path, "proc/1/fd"));
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "proc/1/fd/7"), "socket:[4242]");
        Start(Options with { MayStartDaemon = true }, new HostRoots(Proc: Path.Combine(_directory.Path, "proc"), Run: _directory.Path));
        Await(() => Names.IsConnected);
    }

    [Fact]
    public void Socket_below_run_is_below_the_hosts_run()
    {
        var options = new DiscoverOptions { EngineTimeout = TimeSpan.FromSeconds(3), MaxEngineAnswerBytes = 7, MaxContainers = 5 };
        EngineOptions engine = EngineOptions.Of(options, new HostRoots(Run: "/host/run"), options.DockerSockets.Single(), mayStartDaemon: false);
        Assert.Equal(("/host/run/docker.sock", TimeSpan.FromSeconds(3), 7L, 5), (engine.SocketPath, engine.Timeout, engine.MaxAnswerBytes, engine.MaxContainers));
        Assert.Equal("/srv/run/docker.sock", EngineOptions.Of(options, new HostRoots(Run: "/host/run"), "/srv/run/docker.sock", false).SocketPath);
    }

    private static string Id(int i) => i.ToString("x8", System.Globalization.CultureInfo.InvariantCulture).PadLeft(64, 'f');

    private static Task Silence(ScriptedServer.Connection connection) => Task.Delay(Timeout.Infinite, connection.Stop);

    private static async Task Trickle(ScriptedServer.Connection connection, string text)
    {
        foreach (char c in text)
        {
            await connection.Write(c.ToString());
            await Task.Delay(20, connection.Stop);
        }
    }

    private static async Task Pour(ScriptedServer.Connection connection, string first, string again, Action<long>? count = null)
    {
        await connection.Write(first);
        string many = string.Concat(Enumerable.Repeat(again, Math.Max(1, 10_000 / again.Length)));
        for (long poured = 0; ; poured += many.Length)
        {
            count?.Invoke(poured);
            await connection.Write(many);
        }
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(() =>
    {
        Thread.Sleep(5);
        return condition();
    }, TimeSpan.FromSeconds(20)), "not within 20 s");

    private void Start(EngineOptions options, HostRoots? roots = null)
    {
        _names = new EngineNames(options, roots ?? new HostRoots(Run: _directory.Path), key => key is "team" or "name" or "oldName", _changes.Enqueue, _counters, NullLogger.Instance);
        _names.Start();
    }

    private void AwaitName(string id, string name)
    {
        EngineContainer? container = null;
        Assert.True(SpinWait.SpinUntil(() => Names.TryFind(id, out container) && container.Name == name, TimeSpan.FromSeconds(20)),
            $"not '{name}' within 20 s, but '{container?.Name}'; unreachable {Unreachable}, timed out {TimedOut}, malformed {Malformed}");
    }

    private void AssertNoErrors() => Assert.Equal((0L, 0L, 0L), (Unreachable, TimedOut, Malformed));
}
