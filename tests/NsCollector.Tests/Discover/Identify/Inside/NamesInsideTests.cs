using System.Globalization;
using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Identify.Inside;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover.Identify.Inside;

/// <summary>Requests of which some hang, as long as the test wants.</summary>
public sealed class NamesInsideTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WakeSignal _answered = new();
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _logger = new();
    private readonly ManualResetEventSlim _continue = new();
    private readonly SemaphoreSlim _hangs = new(0);
    private readonly Dictionary<long, string?> _names = [];
    private readonly NamesInside _inside;
    private long _nowMs;

    public NamesInsideTests() =>
        _inside = new NamesInside(Resolve, () => Interlocked.Read(ref _nowMs), _answered, exception => Assert.Fail(exception.ToString()), _counters, new RateLimitedLog(_logger));

    public void Dispose()
    {
        _inside.Stop();
        _continue.Set();
        _answered.Dispose();
        _hangs.Dispose();
    }

    [Fact]
    public void Request_that_hangs_is_answered_and_others_go_on()
    {
        Enqueue(1, "/hang/a");
        Assert.True(_hangs.Wait(Patience));
        Enqueue(2, "/hang/a");
        Enqueue(3, "/b");
        Assert.Equal(NamesInside.HangMs, _inside.DueMs);
        Advance(NamesInside.HangMs - 1);
        _inside.Check();
        Assert.Empty(Answers());
        Advance(1);
        _inside.Check();
        Assert.True(_inside.Await(Patience));
        Dictionary<long, string?> answers = Answers();
        Assert.Equal([(1, null), (2, null), (3, "name of 3")], answers.OrderBy(answer => answer.Key).Select(answer => (answer.Key, answer.Value)));
        Assert.Equal(1, _counters[AgentCounter.NamesInsideHung]);
        Assert.Contains("/hang/a", Assert.Single(_logger.Entries, entry => entry.Level == LogLevel.Warning).Message, StringComparison.Ordinal);

        // Until the outer container ends. Its late answer counts nothing.
        Assert.False(TryEnqueue(4, "/hang/a"));
        Assert.False(_inside.MayResolve("/hang/a"));
        _continue.Set();
        Eventually.True(() => _inside.Threads == 1, "the thread that hung ends");
        Assert.Empty(Answers());
        Assert.False(TryEnqueue(4, "/hang/a"));
        _inside.Forget(99, "/hang/a");
        Enqueue(4, "/hang/a");
        Assert.True(_inside.Await(Patience));
        Assert.Equal("name of 4", Answers()[4]);
    }

    [Fact]
    public void Nothing_is_resolved_while_as_many_hang_as_there_may_be()
    {
        for (int i = 0; i < NamesInside.MaxThreads; i++)
        {
            Enqueue(i, $"/hang/{i}");
            Assert.True(_hangs.Wait(Patience));
            if (i == NamesInside.MaxThreads - 1) Enqueue(50, "/b");
            Advance(NamesInside.HangMs);
            _inside.Check();
        }

        Assert.Equal(long.MaxValue, _inside.DueMs);
        Assert.Null(Answers()[50]);
        Assert.False(TryEnqueue(51, "/b"));
        Assert.Equal(NamesInside.MaxThreads, _inside.Threads);
        Assert.Equal(NamesInside.MaxThreads, _counters[AgentCounter.NamesInsideHung]);

        // One ends, and with it the wait of a thread: that one goes on.
        _continue.Set();
        Eventually.True(() => TryEnqueue(51, "/b"), "a thread continues");
        Assert.True(_inside.Await(Patience));
        Assert.Equal("name of 51", Answers()[51]);
        Eventually.True(() => _inside.Threads == 1, "the others end");
    }

    [Fact]
    public void Slow_requests_of_one_container_use_a_bounded_time()
    {
        Enqueue(20, "/hang/c");
        Assert.True(_hangs.Wait(Patience));
        for (int i = 0; i < 5; i++) Enqueue(i, "/slow/a");
        Enqueue(10, "/b");
        _continue.Set();
        Assert.True(_inside.Await(Patience));
        Dictionary<long, string?> answers = Answers();
        Assert.True(answers.Remove(20));

        // Each takes 0.6 s: after the second one the second of this minute is used up.
        Assert.Equal(["name of 0", "name of 1", null, null, null, "name of 10"], answers.OrderBy(answer => answer.Key).Select(answer => answer.Value));
        Assert.False(TryEnqueue(5, "/slow/a"));
        Assert.Equal(0, _counters[AgentCounter.NamesInsideHung]);
        Advance(60_000);
        Enqueue(5, "/slow/a");
        Assert.True(_inside.Await(Patience));
        Assert.Equal("name of 5", Answers()[5]);
    }

    [Fact]
    public void Forgotten_request_has_no_answer()
    {
        Enqueue(1, "/hang/a");
        Assert.True(_hangs.Wait(Patience));
        Enqueue(2, "/b");
        Enqueue(3, "/b");
        _inside.Forget(2, "/b/2");
        _continue.Set();
        Assert.True(_inside.Await(Patience));
        Assert.Equal([1, 3], Answers().Keys.Order());
    }

    private KnownIdentity Resolve(InsideRequest request)
    {
        if (request.Outer.StartsWith("/hang", StringComparison.Ordinal) && !_continue.IsSet)
        {
            _hangs.Release();
            _continue.Wait();
        }

        if (request.Outer.StartsWith("/slow", StringComparison.Ordinal)) Advance(600);
        return new KnownIdentity(string.Create(CultureInfo.InvariantCulture, $"name of {request.Key}"), null, null);
    }

    private void Advance(long ms) => Interlocked.Add(ref _nowMs, ms);

    private void Enqueue(long key, string outer) => Assert.True(TryEnqueue(key, outer));

    private bool TryEnqueue(long key, string outer) =>
        _inside.TryEnqueue(new InsideRequest(key, new RecognisedContainer(ContainerRuntime.Docker, "id", null, null) { Within = outer }, [1], null));

    private Dictionary<long, string?> Answers()
    {
        while (_inside.TryDequeue(out long key, out KnownIdentity? known)) _names[key] = known.Name;
        var answers = new Dictionary<long, string?>(_names);
        _names.Clear();
        return answers;
    }
}
