using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Encode.Cadvisor;
using NsCollector.Encode.Prometheus;
using NsCollector.Encode.Selection;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.History;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Cadvisor;
using NsCollector.Serve.Http;
using NsCollector.Serve.Machine;
using NsCollector.Serve.Metrics;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Serves the samples of the last cycle over HTTP: reads the secrets, makes the pages, and listens.</summary>
internal sealed class HttpFace : IDisposable
{
    private readonly HttpOptions _options;
    private readonly LatestSamples _samples;
    private readonly HostRoots _roots;
    private readonly SampleOptions _sample;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly SampleHistory? _history;
    private HttpServer? _server;
    private HttpRequests? _requests;

    /// <param name="options">Addresses and credentials.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="history">Earlier samples; null if they are not kept.</param>
    /// <param name="roots">Where the identifiers of the host are read.</param>
    /// <param name="sample">What is sampled, and how often.</param>
    /// <param name="counters">Counts failed responses.</param>
    /// <param name="logger">Logs the addresses, and warnings.</param>
    internal HttpFace(
        HttpOptions options, LatestSamples samples, SampleHistory? history, HostRoots roots, SampleOptions sample, AgentCounters counters, ILogger logger)
    {
        if (options.CadvisorApi) Events = new EventHistory();
        _history = history;
        _samples = samples;
        _counters = counters;
        _options = options;
        _roots = roots;
        _sample = sample;
        _logger = logger;
    }

    /// <summary>Receives events and keeps the last ones; null if they are not served.</summary>
    internal EventHistory? Events { get; }

    /// <summary>Starts to listen.</summary>
    /// <returns>The reason of a failure; null on success.</returns>
    internal string? Start()
    {
        string? directory = Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY");
        string problem = "";
        string? token = _options.TokenFile.Length > 0 ? SecretFile.TryReadToken(_options.TokenFile, directory, out problem) : null;
        string? password = problem.Length == 0 && _options.PasswordFile.Length > 0 ? SecretFile.TryReadPassword(_options.PasswordFile, directory, out problem) : null;
        if (problem.Length > 0) return $"[http] {problem}";
        CertificateFiles? certificates = null;
        if (_options.HasTls)
        {
            // Read like the files of a sink.
            var files = new InfluxSinkOptions { Name = "http", TlsCertificateFile = _options.TlsCertificateFile, TlsKeyFile = _options.TlsKeyFile };
            certificates = CertificateFiles.TryRead(files, directory, out problem);
            if (problem.Length > 0) return $"[http] {problem}";
        }

        var hardware = new HardwareSource(_roots);
        MachineIdentity machine = MachineIdentity.Read(_roots);
        var form = new PageOptions
        {
            HasTimestamps = _options.Timestamps,
            HasLimits = _sample.Limits,
            HasMemoryDetail = _sample.MemoryDetail,
            HasTcpDetail = _sample is { TcpDetail: true, Protocols: true },
            Selection = new OutputSelection(_options.Choice),
            HasNodeNames = _options.HostNames == HostNames.Node,
            MachineLabels = SeriesLabels.OfMachine(machine.BootId, machine.MachineId, machine.SystemUuid),
            Version = BuildInformation.Version,
        };
        var pages = new Dictionary<string, IPage>(StringComparer.Ordinal)
        {
            ["/metrics"] = new MetricsPages(_samples, PageForm.Complete(form), hardware, _counters),
            ["/metrics/cadvisor"] = new MetricsPages(_samples, PageForm.Kubelet(form), hardware, _counters),
            ["/healthz"] = new HealthPage(static () => null),
            ["/readyz"] = new HealthPage(NotReady),
        };
        if (Events is not null)
        {
            var cadvisor = new CadvisorOptions { HasDiskIo = _sample.Blkio, Selection = form.Selection, Version = BuildInformation.Version };
            pages[CadvisorPath.Above] = new CadvisorApi(new CadvisorSources(_samples, _history, Events), new MachineSource(hardware, machine), cadvisor, _counters);
        }

        var credentials = new Credentials(token, _options.User.Length > 0 ? _options.User : null, password);
        var connections = new OpenConnections(_options.MaxConnections, _counters);
        _requests = new HttpRequests(pages.ToFrozenDictionary(StringComparer.Ordinal), credentials, _options.ResponseTimeout, connections, _counters, new RateLimitedLog(_logger));
        _server = new HttpServer(new ServerOptions("http", _options.Listen), _requests, connections, certificates?.Client, certificates?.ClientChain);
        if (_server.Start() is { } failed) return failed;
        foreach (ListenAddress address in _options.Listen)
        {
            if (address.SocketPath is { } path) SocketAccess.Set(path, _options.SocketGroup, "http", _logger);
            if (address.IsLocal) continue;
            if (!_options.HasCredentials) AgentLog.ServesEverybody(_logger, address.Text);
            else if (!_options.HasTls) AgentLog.SendsInClearText(_logger, address.Text);
        }

        AgentLog.Serves(_logger, string.Join(", ", _options.Listen));
        return null;
    }

    /// <summary>Ends the streams, stops listening, and closes all connections within a time limit.</summary>
    internal void Stop(TimeSpan timeout)
    {
        _requests?.EndStreams();
        _server?.Stop(timeout);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _server?.Dispose();
        _requests?.Dispose();
    }

    /// <summary>Why the agent is not ready: no cycle was completed within two intervals and 5 s. Null if it is.</summary>
    /// <param name="completedNs">When the last cycle was completed, on the monotonic clock; 0 before the first one.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="interval">The time from one cycle to the next.</param>
    internal static string? ProblemOf(long completedNs, long nowNs, TimeSpan interval)
    {
        if (completedNs == 0) return "no cycle has been completed yet";
        double seconds = (nowNs - completedNs) / 1e9;
        return seconds <= (2 * interval.TotalSeconds) + 5 ? null : $"the last cycle was completed {seconds:F0} s ago";
    }

    private string? NotReady() => ProblemOf(_samples.CompletedMonotonicNs, SystemClock.MonotonicNs(), _sample.Interval);
}
