using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Events;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Serves the samples of the last cycle as Docker's API, on unix sockets.</summary>
internal sealed class DockerFace : IDisposable
{
    private const string Section = "docker_api";

    // Each of the many streams may have such a buffer.
    private const int ResponseBufferBytes = 16 << 10;

    private readonly DockerApiOptions _options;
    private readonly LatestSamples _samples;
    private readonly ILogger _logger;
    private readonly RateLimitedLog _limited;
    private readonly StateEvents _stateEvents;
    private readonly HttpServer _server;
    private readonly CancellationTokenSource _stopping = new();
    private Task _stateTask = Task.CompletedTask;

    /// <param name="options">Sockets and limits.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="mounts">The cgroup hierarchies.</param>
    /// <param name="discover">Where the runtimes' files are, and which containers are shown.</param>
    /// <param name="daemons">The host's daemons, whose directories discovery has found.</param>
    /// <param name="roots">The host's procfs and sysfs.</param>
    /// <param name="counters">Counts failed responses.</param>
    /// <param name="logger">Logs the sockets, and warnings.</param>
    internal DockerFace(
        DockerApiOptions options, LatestSamples samples, CgroupMounts mounts, DiscoverOptions discover, HostDaemons daemons, HostRoots roots, AgentCounters counters,
        ILogger logger)
    {
        _options = options;
        _samples = samples;
        _logger = logger;
        var log = new EventLog(options.EventsKept, counters);
        var limited = _limited = new RateLimitedLog(logger);
        var sources = new InventorySources(discover, roots, daemons, null, counters, limited);
        var containers = new ContainerInventory(sources, samples, discover, roots);
        Recorder = new EventRecorder(log, containers.IdOf);
        _stateEvents = new StateEvents(containers, log);
        var api = new DockerApi
        {
            Options = options,
            Samples = samples,
            Inventory = containers,
            Images = new ImageStore(() => sources.DockerRoots, sources.Documents),
            Events = log,
            Agent = new AgentVersion(BuildInformation.Version, BuildInformation.Commit),
            Roots = roots,
            Mounts = mounts,
        };
        var requests = new DockerRequests(api.Routes(), api.Agent.Server, options.ResponseTimeout, counters, limited, _stopping.Token);
        var server = new ServerOptions(Section, options.Listen) { ResponseBufferBytes = ResponseBufferBytes };
        _server = new HttpServer(server, requests, new OpenConnections(options.MaxConnections, counters));
    }

    /// <summary>Creates events from what is sampled.</summary>
    internal ISampleConsumer Recorder { get; }

    /// <summary>Starts to listen.</summary>
    /// <returns>The reason of a failure; null on success.</returns>
    internal string? Start()
    {
        if (_server.Start() is { } failed) return failed;
        foreach (ListenAddress address in _options.Listen) SocketAccess.Set(address.SocketPath!, _options.SocketGroup, Section, _logger);
        _stateTask = Task.Run(ReportStateEvents);
        AgentLog.ServesDockerApi(_logger, string.Join(", ", _options.Listen));
        return null;
    }

    private async Task ReportStateEvents()
    {
        try
        {
            await _stateEvents.Run(_samples, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _limited.Error("docker api defect", $"Docker's API no longer reports that containers are created or removed: {e.GetType().Name}. This is a defect of the agent. Restart the agent.");
        }
    }

    /// <summary>Ends the streams, stops listening, and closes all connections within a time limit.</summary>
    internal void Stop(TimeSpan timeout)
    {
        _stopping.Cancel();
        _server.Stop(timeout);
        _stateTask.Wait(timeout);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _server.Dispose();
        _stopping.Dispose();
    }
}
