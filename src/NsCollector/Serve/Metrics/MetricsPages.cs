using System.Collections.Concurrent;
using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample.Hardware;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Http;
using NsCollector.Serve.Machine;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Metrics;

/// <summary>
/// Serves a Prometheus page in text format or OpenMetrics, compressed if the client accepts that. It answers at most four requests at the
/// same time; further ones wait for up to a second, then get the status 503.
/// </summary>
/// <param name="samples">The samples of the last cycle.</param>
/// <param name="form">The series and their labels.</param>
/// <param name="hardware">The machine's parts.</param>
/// <param name="counters">Counts requests that waited too long.</param>
internal sealed class MetricsPages(LatestSamples samples, PageForm form, HardwareSource hardware, AgentCounters counters) : IPage
{
    // Each page has a buffer of 64 KiB, which is kept, and a compressor during the answer. Further requests wait.
    private const int MaxPages = 4;

    private readonly ConcurrentBag<MetricsPage> _free = [];
    private readonly AnswerSlots _slots = new(MaxPages, counters);
    private readonly Lock _lock = new();
    private (MachineHardware Hardware, MachineSeries Series)? _machine;

    /// <inheritdoc/>
    public bool IsOpen => false;

    /// <inheritdoc/>
    public Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation) =>
        _slots.Run(request, response, body, () => AnswerNow(request, response, body, cancellation), cancellation);

    private async Task AnswerNow(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
    {
        bool isOpenMetrics = Accepts(request.Headers.Accept, "application/openmetrics-text");
        bool isGzip = Accepts(request.Headers.AcceptEncoding, "gzip");
        response.StatusCode = 200;
        response.Headers.ContentType = isOpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";
        response.Headers.Vary = "Accept, Accept-Encoding";
        if (isGzip) response.Headers.ContentEncoding = "gzip";
        await body.StartAsync(cancellation).ConfigureAwait(false);
        if (request.Method == "HEAD") return;

        if (!_free.TryTake(out MetricsPage? page)) page = new MetricsPage(form);
        MachineSeries machine = Machine();
        LatestCycle cycle = samples.Acquire();
        try
        {
            page.Begin(cycle, isOpenMetrics ? PageFormat.OpenMetrics : PageFormat.Text, machine);
            if (isGzip) await WriteCompressed(page, body.Stream, cancellation).ConfigureAwait(false);
            else await Write(page, body.Writer, cancellation).ConfigureAwait(false);
        }
        finally
        {
            samples.Release(cycle);
            _free.Add(page);
        }
    }

    private MachineSeries Machine()
    {
        MachineHardware now = hardware.Read();
        lock (_lock)
        {
            if (_machine is not { } known || !ReferenceEquals(known.Hardware, now)) _machine = known = (now, new MachineSeries(now, form));
            return known.Series;
        }
    }

    private static async Task Write(MetricsPage page, PipeWriter writer, CancellationToken cancellation)
    {
        while (page.Next() is { Length: > 0 } piece) await writer.WriteAsync(piece, cancellation).ConfigureAwait(false);
    }

    private static async Task WriteCompressed(MetricsPage page, Stream stream, CancellationToken cancellation)
    {
        var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        await using (gzip.ConfigureAwait(false))
        {
            while (page.Next() is { Length: > 0 } piece) await gzip.WriteAsync(piece, cancellation).ConfigureAwait(false);
        }
    }

    // RFC 9110, 12.5: a weight of 0 means "not acceptable".
    private static bool Accepts(StringValues header, string name)
    {
        foreach (string? line in header)
        {
            foreach (string element in (line ?? "").Split(','))
            {
                string[] parts = element.Split(';', StringSplitOptions.TrimEntries);
                if (!parts[0].Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
                return !parts.Skip(1).Any(part => part.Replace(" ", "", StringComparison.Ordinal) is "q=0" or "q=0.0" or "q=0.00" or "q=0.000");
            }
        }

        return false;
    }
}
