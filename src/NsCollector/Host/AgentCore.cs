using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver;
using NsCollector.Deliver.Spool;
using NsCollector.Discover.Track;
using NsCollector.Discover.Watch;
using NsCollector.Encode;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>The agent of <c>run</c>: creates and connects discovery, the sampling thread and the sinks.</summary>
internal sealed class AgentCore : IAgentCore
{
    private readonly AgentContext _context;
    private readonly AgentCounters _counters = new();
    private readonly ILogger _logger;
    private readonly SpoolLock? _spoolLock;
    private readonly SinkSet _sinks;
    private readonly ContainerWatch _watch;
    private readonly bool _wantsRealTime;
    private readonly ContainerDiscovery _discovery;
    private readonly EncoderSet _encoders;
    private readonly SelfReport _selfReport;
    private readonly SamplingThread _sampling;
    private readonly WakeSignal _wakeSampling = new();
    private readonly CgroupMounts _mounts;
    private readonly HostRoots _roots;
    private readonly OwnMemoryCgroup? _memory;
    private readonly HttpFace? _http;
    private readonly DockerFace? _docker;
    private readonly Func<string>? _readHostName;
    private string _host;

    internal AgentCore(AgentContext context)
    {
        _context = context;
        AgentOptions options = context.Options;
        ILoggerFactory loggers = context.Loggers;
        _logger = loggers.CreateLogger("agent");
        _roots = options.Roots;
        _readHostName = options.ReadHostName;
        _host = options.Encode.Host;
        _mounts = CgroupMounts.Find(_roots);
        _memory = OwnMemoryCgroup.Find(_mounts);
        if (options.Spool.Enabled && options.Sinks.Any(sink => SinkKinds.Of(sink).UsesSpool)) _spoolLock = new SpoolLock(options.Spool.Path);
        _sinks = new SinkSet(
            options.Sinks.Select(sink => SinkKinds.Create(sink, options.Spool, _spoolLock, loggers)), loggers.CreateLogger("deliver"),
            () => context.ReportFailure("the reader of standard output is gone, and there is no other sink"));
        _watch = new ContainerWatch(
            new WatchedFiles(_mounts, options.Sample).Plan,
            new WatchOptions
            {
                // A container keeps its slot until its exit is processed, while its successor may already exist.
                MaxContainers = 2 * options.Discover.MaxContainers,
                BufferBytes = options.Discover.ExitBufferBytes,
                RealTime = options.Discover.RealTime,
                Sys = options.Roots.Sys,
            });
        _wantsRealTime = options.Discover.RealTime;
        _discovery = new ContainerDiscovery(_mounts, options.Roots, options.Discover, _counters, loggers.CreateLogger("discover"), _watch)
        {
            Changed = _wakeSampling,
        };
        _encoders = new EncoderSet(options.Sinks, options.Encode, _sinks, _counters);
        _selfReport = new SelfReport(_encoders, _counters, _sinks.Sinks, () => _watch.Counts, context.FailedNotifications ?? (() => 0), _memory);
        ISampleConsumer consumer = _selfReport;
        SampleOptions sample = options.Sample with { Telegraf = options.Sinks.Any(sink => sink.Schema == OutputSchema.Telegraf) };
        var faces = new Faces(
            options, consumer, sample, [.. _sinks.Sinks.Select(sink => sink.Name)],
            latest => new DockerFace(options.DockerApi, latest, _mounts, options.Discover, _discovery.Daemons, options.Roots, _counters, loggers.CreateLogger("docker_api")),
            _counters, loggers);
        (_http, _docker, _selfReport.Latest) = (faces.Http, faces.Docker, faces.Latest);
        (consumer, sample) = (faces.Consumer, faces.Sample);

        var sampler = new Sampler(_discovery, consumer, _mounts, options.Roots, sample, _counters, loggers, ownMemory: _memory);
        _sampling = new SamplingThread(sampler, options.Sample, _wakeSampling, _counters, loggers.CreateLogger("sample"), context.ReportFailure);
    }

    public long LastCycleCompletedMonotonicNs => _sampling.LastCycleCompletedMonotonicNs;

    public string Status => $"{_selfReport.Containers} containers, {_sampling.Cycles} cycles";

    public string? Start()
    {
        if (HostDirectories.Problem(_mounts, _roots) is { } problem) return problem + HostDirectories.Remedy;
        // Other errors may be temporary. Until then the sinks keep lines in memory and log it.
        if (_spoolLock?.Ensure() == -Errno.EAGAIN)
            return $"another agent (process {_spoolLock.HolderPid()?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}) uses the spool {_spoolLock.Directory}; stop it, or set another [spool] path for this agent";
        if (Posix.Problem is { } noAccounts) AgentLog.NoAccounts(_logger, noAccounts);
        if ((_http?.Start() ?? _docker?.Start()) is { } notServed) return notServed;
        _sinks.Start();
        StartWatch();
        // Gives the first cycle its containers.
        long started = Stopwatch.GetTimestamp();
        _discovery.WalkOnce();
        AgentLog.ContainersFound(_logger, _discovery.Current.Containers.Length, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        if (_discovery.Current.Containers.IsEmpty && ContainerCounts.NothingLeft(_context) is { } nothing) AgentLog.NothingToSample(_logger, nothing);
        _discovery.Start();
        _sampling.Start();
        return null;
    }

    public void RequestStop() => _discovery.RequestStop();

    public bool WaitStopped(TimeSpan timeout)
    {
        _http?.Stop(timeout * 0.05);
        _docker?.Stop(timeout * 0.05);

        // Discovery stops first, so that the last cycle gets the exits that have already happened.
        _discovery.Stop(timeout * 0.1);
        _sampling.RequestStop(timeout * 0.5);
        // Each part has its own share of the time; the sinks have a quarter.
        bool sampled = _sampling.WaitStopped(timeout * 0.65);
        bool delivered = _sinks.Stop(timeout * 0.25);
        if (!delivered) AgentLog.NotAllDelivered(_logger, _sinks.Sinks.Sum(sink => sink.Counters.DroppedPoints));
        return sampled;
    }

    public void Reopen()
    {
        RereadHostName();
        _sinks.Reopen();
        _discovery.RequestWalk();
    }

    public void Dispose()
    {
        _http?.Dispose();
        _docker?.Dispose();
        _discovery.Dispose();
        _watch.Dispose();
        _sinks.Dispose();
        _spoolLock?.Dispose();
        _selfReport.Dispose();

        // A thread that hangs must not wait on a descriptor number that has been reused.
        if (!_sampling.WaitStopped(TimeSpan.Zero)) return;
        _wakeSampling.Dispose();
        _memory?.Dispose();
    }

    private void RereadHostName()
    {
        if (_readHostName?.Invoke() is not { Length: > 0 } host || host == _host) return;
        AgentLog.HostNameChanged(_logger, _host, host);
        _host = host;
        _encoders.SetHost(host);
    }

    private void StartWatch()
    {
        if (_watch.Error != 0)
        {
            AgentLog.CannotWatch(_logger, -_watch.Error);
            return;
        }

        WatchScheduling scheduling = _watch.Start();
        if (scheduling.IsRealTime) AgentLog.WatchIsRealTime(_logger);
        else if (_wantsRealTime) AgentLog.WatchIsNotRealTime(_logger, scheduling.Nice);
    }
}
