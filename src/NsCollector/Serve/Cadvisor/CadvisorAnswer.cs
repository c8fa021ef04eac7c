using System.IO.Pipelines;
using System.Text.Json;
using NsCollector.Encode.Cadvisor;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.History;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Cadvisor;

/// <summary>
/// Writes the answers about containers, sample by sample, so that a complete answer is never in memory. For one request at a time; reused.
/// </summary>
/// <param name="history">The earlier samples; null for only the last one.</param>
/// <param name="options">What the agent reads.</param>
internal sealed class CadvisorAnswer(SampleHistory? history, CadvisorOptions options)
{
    // What is written before it is sent. A single sample is below the limit of a record, times two for JSON.
    private const int MaxPendingBytes = 32 << 10;

    private readonly HistoryReader _reader = new(history);
    private readonly CadvisorSummary _summary = new();
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private PipeWriter _body = PipeWriter.Create(Stream.Null);
    private LatestCycle _cycle;
    private CadvisorContainers? _containers;
    private StatsRange _range;
    private long _sentBytes;

    /// <summary>Receives values that are written by the caller.</summary>
    internal Utf8JsonWriter Json => _json;

    /// <summary>Begins an answer.</summary>
    /// <param name="cycle">The cycle; must not change until <see cref="End"/>.</param>
    /// <param name="containers">Its containers.</param>
    /// <param name="range">Which samples are written.</param>
    /// <param name="body">Receives the answer.</param>
    internal void Begin(LatestCycle cycle, CadvisorContainers containers, StatsRange range, PipeWriter body)
    {
        (_cycle, _containers, _range, _body, _sentBytes) = (cycle, containers, range, body, 0);
        _json.Reset(body);
    }

    /// <summary>Sends the rest.</summary>
    internal async Task End(CancellationToken cancellation)
    {
        _json.Flush();
        await _body.FlushAsync(cancellation).ConfigureAwait(false);
        Release();
    }

    /// <summary>Forgets the request. An answer that failed is not sent.</summary>
    internal void Release()
    {
        _json.Reset(Stream.Null);
        (_cycle, _containers) = (LatestCycle.None, null);
    }

    /// <summary>Writes the object of a container in v1.</summary>
    internal async Task WriteInfo(LatestContainer latest, CancellationToken cancellation)
    {
        ContainerSample last = SampleOf(latest);
        HostSample? host = HostOf(latest);
        _json.WriteStartObject();
        CadvisorReference.WriteMembers(_json, latest.Container);
        WriteChildren(latest);
        _json.WritePropertyName("spec"u8);
        CadvisorSpec.Write(_json, isV1: true, latest.Container, last, options, host);
        _json.WritePropertyName("stats"u8);
        await WriteStats(latest, last, CadvisorForm.V1, cancellation).ConfigureAwait(false);
        _json.WriteEndObject();
    }

    /// <summary>Writes the spec of a container in v2.</summary>
    internal async Task WriteSpec(LatestContainer latest, CancellationToken cancellation)
    {
        CadvisorSpec.Write(_json, isV1: false, latest.Container, SampleOf(latest), options, HostOf(latest));
        await SendIfFull(cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes spec and samples of a container in v2.1.</summary>
    internal async Task WriteSpecAndStats(LatestContainer latest, CancellationToken cancellation)
    {
        _json.WriteStartObject();
        _json.WritePropertyName("spec"u8);
        await WriteSpec(latest, cancellation).ConfigureAwait(false);
        _json.WritePropertyName("stats"u8);
        await WriteStats(latest, CadvisorForm.V2Point1, cancellation).ConfigureAwait(false);
        _json.WriteEndObject();
    }

    /// <summary>Writes the samples of a container as an array.</summary>
    internal Task WriteStats(LatestContainer latest, CadvisorForm form, CancellationToken cancellation) => WriteStats(latest, SampleOf(latest), form, cancellation);

    /// <summary>Writes the summary of a container.</summary>
    internal async Task WriteSummary(LatestContainer latest, CancellationToken cancellation)
    {
        _summary.Clear();
        _reader.Begin(latest.History, SampleOf(latest), -1);
        while (_reader.Next() is { } sample) _summary.Add(sample);
        _summary.Write(_json);
        await SendIfFull(cancellation).ConfigureAwait(false);
    }

    private async Task WriteStats(LatestContainer latest, ContainerSample last, CadvisorForm form, CancellationToken cancellation)
    {
        _json.WriteStartArray();
        _reader.Begin(latest.History, last, _range.Most, _range.FromNs, _range.ToNs);
        ContainerSample? before = null;
        while (_reader.Next() is { } sample)
        {
            // The figures from the host's own files are known only for the last cycle.
            CadvisorStats.Write(_json, form, sample, before, options, _reader.Left == 0 ? HostOf(latest) : null);
            before = sample;
            await SendIfFull(cancellation).ConfigureAwait(false);
        }

        _json.WriteEndArray();
    }

    private void WriteChildren(LatestContainer latest)
    {
        bool isBegun = false;
        foreach (string path in _containers!.ChildrenOf(latest.Container))
        {
            if (!isBegun) _json.WriteStartArray("subcontainers"u8);
            isBegun = true;
            _json.WriteStartObject();
            _json.WriteString("name"u8, CadvisorText.Valid(path));
            _json.WriteEndObject();
        }

        if (isBegun) _json.WriteEndArray();
    }

    // The cycle's slot is held, so the sample stays, even if the container exits meanwhile.
    private ContainerSample SampleOf(LatestContainer latest) => latest.Of(_cycle.Slot, _cycle.Cycle)!;

    private HostSample? HostOf(LatestContainer latest) => latest.Container.CgroupPath == "/" ? _cycle.Host : null;

    private async Task SendIfFull(CancellationToken cancellation)
    {
        if (_json.BytesCommitted + _json.BytesPending - _sentBytes < MaxPendingBytes) return;
        _json.Flush();
        _sentBytes = _json.BytesCommitted;
        await _body.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
