using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Metrics;

namespace NsCollector.Tests.Serve.Metrics;

public sealed class MetricsPagesTests
{
    [Fact]
    public async Task Fifth_request_waits_for_one_of_four_and_ends_with_its_time_limit()
    {
        var pages = new MetricsPages(new LatestSamples([], TimeSpan.Zero), PageForm.Complete(new PageOptions()));
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
