using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Sample.Events;
using NsCollector.Sample.History;
using NsCollector.Serve.Cadvisor;
using NsCollector.Serve.Http;

namespace NsCollector.Tests.Serve.Cadvisor;

public sealed class EventStreamsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly EventHistory _events = new();
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task Event_during_the_first_flush_is_sent()
    {
        bool isFirst = true;
        var body = new RecordingBody(() =>
        {
            if (isFirst) Kill("/docker/a", 1);
            isFirst = false;
        });
        await Stream(body, TimeSpan.FromMinutes(1), () => body.Text.Contains("/docker/a", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_event_is_sent_once_as_a_line()
    {
        int flushes = 0;
        var body = new RecordingBody(() =>
        {
            // While the stream sends one event, the next ones happen.
            if (++flushes <= 3) Kill("/docker/a", flushes);
        });
        await Stream(body, TimeSpan.FromMinutes(1), () => body.Text.Split('\n').Length > 3);
        Assert.Equal(
            ["1970-01-01T00:00:00.000000001Z", "1970-01-01T00:00:00.000000002Z", "1970-01-01T00:00:00.000000003Z"],
            body.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("timestamp").GetString()!));
    }

    [Fact]
    public async Task Line_feed_is_sent_despite_events_of_other_containers()
    {
        var body = new RecordingBody(() => { });
        using var others = new Timer(_ => Kill("/docker/b", 1), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
        await Stream(body, TimeSpan.FromMilliseconds(200), () => body.Text.Length >= 3);
        Assert.Equal("\n\n\n", body.Text[..3]);
    }

    private void Kill(string path, long timestampNs) =>
        _events.AcceptOom(new Container(1, new ContainerIdentity(ContainerRuntime.Docker, path[1..]), path, null), new OomSample { TimestampNs = timestampNs });

    private async Task Stream(RecordingBody body, TimeSpan pulse, Func<bool> isDone)
    {
        var request = new EventRequest("/docker/a", new RequestQuery("?stream=true&oom_events=true"));
        Task sending = new EventStreams(_events, pulse).Send(request, body, _stop.Token);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!isDone() && clock.Elapsed < Patience) await Task.Delay(20);
        Assert.True(isDone(), body.Text.Length > 1000 ? body.Text[^1000..] : body.Text);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        _stop.Dispose();
    }

    private sealed class RecordingBody(Action onFlush) : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _written = new();
        private readonly Lock _lock = new();

        public string Text
        {
            get
            {
                lock (_lock) return Encoding.UTF8.GetString(_written.WrittenSpan);
            }
        }

        public override void Advance(int bytes)
        {
            lock (_lock) _written.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0)
        {
            lock (_lock) return _written.GetMemory(sizeHint);
        }

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            onFlush();
            return default;
        }
    }
}
