using System.IO.Pipelines;
using System.Text.Json;
using NsCollector.Encode.Cadvisor;
using NsCollector.Linux;
using NsCollector.Sample.History;

namespace NsCollector.Serve.Cadvisor;

/// <summary>Sends events when they happen, one JSON object a line. The number of streams is limited; a slow client misses events, and does not delay the agent.</summary>
/// <param name="events">The events.</param>
/// <param name="pulseInterval">After how long without an event a line feed is sent.</param>
internal sealed class EventStreams(EventHistory events, TimeSpan pulseInterval)
{
    /// <summary>Maximum number of streams at the same time.</summary>
    internal const int Max = 8;

    /// <summary>The usual interval of line feeds. They detect clients that disappeared without closing the connection. JSON allows white space between objects.</summary>
    internal static readonly TimeSpan DefaultPulseInterval = TimeSpan.FromSeconds(30);

    private static readonly byte[] LineFeed = "\n"u8.ToArray();

    private readonly SemaphoreSlim _free = new(Max);

    /// <summary>Occupies a stream.</summary>
    /// <returns>False if there are too many.</returns>
    internal bool TryBegin() => _free.Wait(0);

    /// <summary>Frees a stream.</summary>
    internal void End() => _free.Release();

    /// <summary>Sends events until the client disconnects or the agent stops.</summary>
    internal async Task Send(EventRequest request, PipeWriter body, CancellationToken cancellation)
    {
        // Before the client gets the status: it must not miss what happens after that.
        long next = events.Count;
        await body.FlushAsync(cancellation).ConfigureAwait(false);
        long sentNs = SystemClock.MonotonicNs();
        while (true)
        {
            // Events of other containers must not postpone the line feed.
            TimeSpan left = pulseInterval - TimeSpan.FromTicks((SystemClock.MonotonicNs() - sentNs) / 100);
            if (left < TimeSpan.FromMilliseconds(1))
            {
                await body.WriteAsync(LineFeed, cancellation).ConfigureAwait(false);
                sentNs = SystemClock.MonotonicNs();
                continue;
            }

            await Wait(next, left, cancellation).ConfigureAwait(false);
            foreach (HistoryEvent one in events.From(next, out next).Where(request.Accepts))
            {
                var json = new Utf8JsonWriter(body);
                await using (json.ConfigureAwait(false)) CadvisorEvents.Write(json, one);
                await body.WriteAsync(LineFeed, cancellation).ConfigureAwait(false);
                sentNs = SystemClock.MonotonicNs();
            }
        }
    }

    private async Task Wait(long next, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            await events.Happened(next).WaitAsync(timeout, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }
}
