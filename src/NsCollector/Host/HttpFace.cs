using System.Collections.Frozen;
using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Encode.Cadvisor;
using NsCollector.Encode.Prometheus;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.History;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Cadvisor;
using NsCollector.Serve.Http;
using NsCollector.Serve.Metrics;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Serves the samples of the last cycle over HTTP: reads the secrets, makes the pages, and listens.</summary>
internal sealed class HttpFace : IDisposable
{
    // 0660: root and the group.
    private const int SocketMode = 0b110_110_000;

    private readonly HttpOptions _options;
    private readonly LatestSamples _samples;
    private readonly HostRoots _roots;
    private readonly SampleOptions _sample;
    private readonly TimeSpan _staleAfter;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly SampleHistory? _history;
    private readonly EventHistory? _events;
    private HttpServer? _server;

    /// <param name="options">Addresses and credentials.</param>
    /// <param name="sinkNames">The agent's sinks.</param>
    /// <param name="roots">Where the identifiers of the host are read.</param>
    /// <param name="sample">What is sampled, and how often.</param>
    /// <param name="counters">Counts failed responses.</param>
    /// <param name="logger">Logs the addresses, and warnings.</param>
    internal HttpFace(HttpOptions options, IReadOnlyList<string> sinkNames, HostRoots roots, SampleOptions sample, AgentCounters counters, ILogger logger)
    {
        if (options.CadvisorApi) _events = new EventHistory();
        if (options.CadvisorApi && options.History > TimeSpan.Zero) _history = new SampleHistory(options.History, options.HistoryMemoryBytes, counters);
        _samples = new LatestSamples(sinkNames, options.ExitsKept, _history);
        _counters = counters;
        _options = options;
        _roots = roots;
        _sample = sample;
        _staleAfter = (2 * sample.Interval) + TimeSpan.FromSeconds(5);
        _logger = logger;
    }

    /// <summary>The samples that are served.</summary>
    internal LatestSamples Samples => _samples;

    /// <summary>Receives the samples.</summary>
    internal ISampleConsumer Consumer => _events is null ? _samples : new SampleFork(_samples, _events);

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

        MachineIdentity machine = MachineIdentity.Read(_roots);
        var form = new PageOptions
        {
            HasTimestamps = _options.Timestamps,
            HasLimits = _sample.Limits,
            HasMemoryDetail = _sample.MemoryDetail,
            HasNodeNames = _options.HostNames == HostNames.Node,
            MachineLabels = SeriesLabels.OfMachine(machine.BootId, machine.MachineId, machine.SystemUuid),
            Version = BuildInformation.Version,
        };
        var pages = new Dictionary<string, IPage>(StringComparer.Ordinal)
        {
            ["/metrics"] = new MetricsPages(_samples, PageForm.Complete(form), _counters),
            ["/metrics/cadvisor"] = new MetricsPages(_samples, PageForm.Kubelet(form), _counters),
            ["/healthz"] = new HealthPage(static () => null),
            ["/readyz"] = new HealthPage(NotReady),
        };
        if (_events is not null)
        {
            var cadvisor = new CadvisorOptions { HasDiskIo = _sample.Blkio, Version = BuildInformation.Version };
            pages[CadvisorPath.Above] = new CadvisorApi(new CadvisorSources(_samples, _history, _events), new MachineSource(_roots), cadvisor, _counters);
        }

        var credentials = new Credentials(token, _options.User.Length > 0 ? _options.User : null, password);
        _server = new HttpServer(_options, pages.ToFrozenDictionary(StringComparer.Ordinal), credentials, certificates?.Client, certificates?.ClientChain, _counters, _logger);
        if (_server.Start() is { } failed) return failed;
        foreach (ListenAddress address in _options.Listen)
        {
            if (address.SocketPath is { } path) SetAccess(path);
            if (address.IsLocal) continue;
            if (!_options.HasCredentials) AgentLog.ServesEverybody(_logger, address.Text);
            else if (!_options.HasTls) AgentLog.SendsInClearText(_logger, address.Text);
        }

        AgentLog.Serves(_logger, string.Join(", ", _options.Listen));
        return null;
    }

    /// <summary>Stops listening, and closes all connections within a time limit.</summary>
    internal void Stop(TimeSpan timeout) => _server?.Stop(timeout);

    /// <inheritdoc/>
    public void Dispose() => _server?.Dispose();

    private string? NotReady()
    {
        long completed = _samples.CompletedMonotonicNs;
        if (completed == 0) return "no cycle has been completed yet";
        double seconds = (SystemClock.MonotonicNs() - completed) / 1e9;
        return seconds <= _staleAfter.TotalSeconds ? null : $"the last cycle was completed {seconds:F0} s ago";
    }

    // The umask of the service lets the group read a socket, but not connect to it.
    private void SetAccess(string path)
    {
        byte[] withNul = Encoding.UTF8.GetBytes(path + "\0");
        if (_options.SocketGroup.Length > 0)
        {
            if (Posix.FindGroup(_options.SocketGroup, out uint group) != AccountLookup.Found) AgentLog.SocketGroupUnknown(_logger, _options.SocketGroup);
            else if (Libc.Fchownat(Libc.AT_FDCWD, withNul, -1, (int)group) is < 0 and int error) AgentLog.CannotSetSocketGroup(_logger, path, -error);
        }

        if (Libc.Fchmodat(Libc.AT_FDCWD, withNul, SocketMode) is < 0 and int failed) AgentLog.CannotSetSocketMode(_logger, path, -failed);
    }
}
