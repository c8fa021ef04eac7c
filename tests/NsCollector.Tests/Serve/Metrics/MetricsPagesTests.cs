using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Encode.Prometheus;
using NsCollector.Linux;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Machine;
using NsCollector.Serve.Metrics;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Metrics;

public sealed class MetricsPagesTests
{
    private readonly AgentCounters _counters = new();

    [Fact]
    public async Task Fifth_request_waits_for_one_of_four_and_ends_with_its_time_limit()
    {
        var pages = new MetricsPages(new LatestSamples([], TimeSpan.Zero), PageForm.Complete(new PageOptions()), new HardwareSource(new HostRoots()), _counters);
        SlowClient[] clients = [.. Enumerable.Range(0, 6).Select(_ => new SlowClient())];
        Task[] answers = [.. clients.Take(5).Select(client => Answer(client, CancellationToken.None))];
        Assert.Equal([true, true, true, true, false], clients.Take(5).Select(client => client.HasBegun));
        using var limit = new CancellationTokenSource();
        Task sixth = Answer(clients[5], limit.Token);
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sixth);

        clients[0].Continue();
        await answers[0];
        await clients[4].Begun;
        foreach (SlowClient client in clients) client.Continue();
        await Task.WhenAll(answers);
        Assert.All(clients.Take(5), client => Assert.True(client.Stream.Length > 0));

        Task Answer(SlowClient client, CancellationToken cancellation) => pages.Answer(new HttpRequestFeature { Method = "GET" }, new HttpResponseFeature(), client, cancellation);
    }

    [Fact]
    public async Task Request_that_four_slow_readers_keep_waiting_gets_503_with_Retry_After()
    {
        var pages = new MetricsPages(new LatestSamples([], TimeSpan.Zero), PageForm.Complete(new PageOptions()), new HardwareSource(new HostRoots()), _counters);
        SlowClient[] slow = [.. Enumerable.Range(0, 4).Select(_ => new SlowClient())];
        Task[] answers = [.. slow.Select(client => pages.Answer(new HttpRequestFeature { Method = "GET" }, new HttpResponseFeature(), client, CancellationToken.None))];
        var response = new HttpResponseFeature();
        var fifth = new SlowClient();
        fifth.Continue();
        await pages.Answer(new HttpRequestFeature { Method = "GET" }, response, fifth, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((503, "1"), (response.StatusCode, response.Headers.RetryAfter.ToString()));
        Assert.Equal(response.Headers.ContentLength, fifth.Stream.Length);
        Assert.Equal(1, _counters[AgentCounter.HttpErrors]);

        // The time-out of a slow reader frees its place.
        slow[0].Continue();
        await answers[0];
        var next = new HttpResponseFeature();
        await pages.Answer(new HttpRequestFeature { Method = "GET" }, next, fifth, CancellationToken.None);
        Assert.Equal(200, next.StatusCode);
        foreach (SlowClient client in slow) client.Continue();
        await Task.WhenAll(answers);
    }

    /// <summary>Accepts the head of an answer only when it is told to.</summary>
    private sealed class SlowClient : IHttpResponseBodyFeature
    {
        private readonly TaskCompletionSource _begun = new(), _continues = new();

        public SlowClient() => Writer = PipeWriter.Create(Stream);

        public Stream Stream { get; } = new MemoryStream();

        public PipeWriter Writer { get; }

        internal Task Begun => _begun.Task;

        internal bool HasBegun => _begun.Task.IsCompleted;

        internal void Continue() => _continues.TrySetResult();

        public Task StartAsync(CancellationToken cancellationToken = default)
        {
            _begun.TrySetResult();
            return _continues.Task;
        }

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task CompleteAsync() => Task.CompletedTask;
    }
}
