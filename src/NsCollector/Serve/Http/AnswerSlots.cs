using Microsoft.AspNetCore.Http.Features;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Http;

/// <summary>Limits how many requests are answered at the same time. Further ones wait for up to a second, then get the status 503.</summary>
/// <param name="slots">How many.</param>
/// <param name="counters">Counts requests that waited too long.</param>
internal sealed class AnswerSlots(int slots, AgentCounters counters)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _slots = new(slots);

    /// <summary>Answers a request when it is its turn.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">Status and headers.</param>
    /// <param name="body">The body.</param>
    /// <param name="answer">Answers it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task Run(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, Func<Task> answer, CancellationToken cancellation)
    {
        if (!await _slots.WaitAsync(MaxWait, cancellation).ConfigureAwait(false))
        {
            counters.Add(AgentCounter.HttpErrors);
            response.Headers.RetryAfter = "1";
            await PlainText.Write(request, response, body, 503, "too many requests at the same time", cancellation).ConfigureAwait(false);
            return;
        }

        try
        {
            await answer().ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }
}
