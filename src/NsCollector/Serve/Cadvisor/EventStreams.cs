using System.IO.Pipelines;
using System.Text.Json;
using NsCollector.Encode.Cadvisor;
using NsCollector.Sample.History;

namespace NsCollector.Serve.Cadvisor;

/// <summary>Sends events when they happen, one JSON object a line. The number of streams is limited; a slow client misses events, not the agent.</summary>
/// <param name="events">The events.</param>
internal sealed class EventStreams(EventHistory events)
{
    /// <summary>Maximum number of streams at the same time.</summary>
    internal const int Max = 8;

    // Finds clients that are gone without a word. White space between objects is allowed.
    private static readonly TimeSpan PulseInterval = TimeSpan.FromSeconds(30);
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
        long next = events.Count;
        while (true)
        {
            bool hasHappened = await Wait(next, cancellation).ConfigureAwait(false);
            if (!hasHappened)
            {
                await body.WriteAsync(LineFeed, cancellation).ConfigureAwait(false);
                continue;
            }

            long count = events.Count;
            foreach (HistoryEvent one in events.From(next).Where(request.Accepts))
            {
                var json = new Utf8JsonWriter(body);
                await using (json.ConfigureAwait(false)) CadvisorEvents.Write(json, one);
                await body.WriteAsync(LineFeed, cancellation).ConfigureAwait(false);
            }

            next = count;
        }
    }

    private async Task<bool> Wait(long next, CancellationToken cancellation)
    {
        try
        {
            await events.Happened(next).WaitAsync(PulseInterval, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
