using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Encode.Cadvisor;
using NsCollector.Sample.History;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Cadvisor;

/// <summary>
/// cAdvisor's REST API over the samples of the last minutes: <c>/api/v1.0</c> to <c>v1.3</c>, <c>/api/v2.0</c>, <c>/api/v2.1</c>. It answers at most
/// four requests at the same time, and streams of events in addition.
/// </summary>
/// <param name="sources">The samples and events.</param>
/// <param name="machine">The machine.</param>
/// <param name="options">What the agent reads.</param>
/// <param name="counters">Counts requests that waited too long.</param>
internal sealed class CadvisorApi(CadvisorSources sources, MachineSource machine, CadvisorOptions options, AgentCounters counters) : IPage
{
    private const int MaxAnswers = 4;
    private const int MaxPendingEvents = 64;

    private readonly ConcurrentBag<CadvisorAnswer> _free = [];
    private readonly AnswerSlots _slots = new(MaxAnswers, counters);
    private readonly EventStreams _streams = new(sources.Events, EventStreams.DefaultPulseInterval);

    /// <inheritdoc/>
    public bool IsOpen => false;

    /// <inheritdoc/>
    public int MaxBodyBytes(string path) => CadvisorVersions.HasBody(CadvisorPath.Parse(path)) ? StatsRange.MaxBodyBytes : 0;

    /// <inheritdoc/>
    public bool IsStream(IHttpRequestFeature request) => CadvisorPath.Parse(request.Path).Type == "events" && EventRequest.IsStreamOf(new RequestQuery(request.QueryString));

    /// <inheritdoc/>
    public async Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
    {
        CadvisorPath path = CadvisorPath.Parse(request.Path);
        var query = new RequestQuery(request.QueryString);
        try
        {
            CadvisorVersions.Check(path);
            if (path.Type == "events") await AnswerEvents(new EventRequest(path.ContainerName, query), request, response, body, cancellation).ConfigureAwait(false);
            else await AnswerContainers(path, query, request, response, body, cancellation).ConfigureAwait(false);
        }
        catch (CadvisorException e) when (!response.HasStarted)
        {
            await PlainText.Write(request, response, body, e.Status, e.Message, cancellation).ConfigureAwait(false);
        }
    }

    private async Task AnswerEvents(
        EventRequest events, IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
    {
        if (events.IsStream && !_streams.TryBegin()) throw new CadvisorException($"{EventStreams.Max} streams of events are open already", 503);
        try
        {
            response.Headers.ContentType = "application/json";
            if (events.IsStream && request.Method != "HEAD")
            {
                await _streams.Send(events, body.Writer, cancellation).ConfigureAwait(false);
                return;
            }

            await body.StartAsync(cancellation).ConfigureAwait(false);
            if (request.Method == "HEAD") return;
            var json = new Utf8JsonWriter(body.Writer);
            await using (json.ConfigureAwait(false))
            {
                int written = 0;
                json.WriteStartArray();
                foreach (HistoryEvent one in events.Select(sources.Events.From(0)))
                {
                    CadvisorEvents.Write(json, one);
                    if (++written % MaxPendingEvents != 0) continue;
                    json.Flush();
                    await body.Writer.FlushAsync(cancellation).ConfigureAwait(false);
                }

                json.WriteEndArray();
            }

            await body.Writer.FlushAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (events.IsStream) _streams.End();
        }
    }

    private async Task AnswerContainers(
        CadvisorPath path, RequestQuery query, IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
    {
        // The body is read first, so that a slow client does not delay others.
        StatsRange range = path.IsV1 ? await StatsRange.OfBody(request, cancellation).ConfigureAwait(false) : StatsRange.OfQuery(query);
        await _slots.Run(request, response, body, () => AnswerNow(path, query, range, request, response, body, cancellation), cancellation).ConfigureAwait(false);
    }

    private async Task AnswerNow(
        CadvisorPath path, RequestQuery query, StatsRange range, IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
    {
        LatestCycle cycle = sources.Samples.Acquire();
        if (!_free.TryTake(out CadvisorAnswer? answer)) answer = new CadvisorAnswer(sources.History, options);
        try
        {
            var containers = new CadvisorContainers(cycle);

            // All errors of the request are detected here, before the status is sent.
            Func<Task> write = path.IsV1 ? new CadvisorV1(answer, containers, machine, cycle).Prepare(path, cancellation)
                : new CadvisorV2(answer, containers, machine, cycle, options).Prepare(path, query, cancellation);
            response.Headers.ContentType = "application/json";
            await body.StartAsync(cancellation).ConfigureAwait(false);
            if (request.Method == "HEAD") return;
            answer.Begin(cycle, containers, range, body.Writer);
            await write().ConfigureAwait(false);
            await answer.End(cancellation).ConfigureAwait(false);
        }
        finally
        {
            answer.Release();
            _free.Add(answer);
            sources.Samples.Release(cycle);
        }
    }
}
