using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Events;
using NsCollector.Sample.Flows;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// container_flow, for the sampling thread: finds out which number the kernel has for the network namespace of each container, ends the
/// intervals, and adds the points to samples. A steady cycle allocates nothing.
/// </summary>
internal sealed partial class ContainerFlows : IDisposable
{
    private readonly SampledContainers _containers;
    private readonly NetworkNamespaces _namespaces;
    private readonly SampleOptions _options;
    private readonly HostRoots _roots;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly FlowRows _rows;
    private readonly long _intervalNs, _cycleNs;
    private FlowTable? _table;
    private FlowReceiver? _receiver;
    private FlowBuffer? _last;
    private int _route = -1;
    private long _nextNs, _nextCheckNs;
    private bool _hearsBirths;

    private ContainerFlows(SampledContainers containers, NetworkNamespaces namespaces, SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        _containers = containers;
        _namespaces = namespaces;
        _options = options;
        _roots = roots;
        _counters = counters;
        _logger = logger;
        _rows = new FlowRows(options.Flows);
        _intervalNs = (long)options.Flows.Interval.TotalNanoseconds;
        _cycleNs = (long)options.Interval.TotalNanoseconds;
    }

    /// <summary>Creates it, if the options turn it on and namespaces are entered. Logs the reason if it does not report.</summary>
    internal static ContainerFlows? Create(SampledContainers containers, NetworkNamespaces namespaces, NetworkVisitor visitor, SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        if (!options.Flows.Enabled || visitor.Mode == NetworkMode.Off) return null;
        if (visitor.Mode != NetworkMode.Visit)
        {
            LogNeedsVisit(logger);
            return null;
        }

        var flows = new ContainerFlows(containers, namespaces, options, roots, counters, logger);
        if (DiagnosticModules.HasTcp(roots)) flows.Open(SystemClock.MonotonicNs());
        else LogNoModule(logger);
        return flows;
    }

    /// <summary>How often to look for the kernel module tcp_diag while it is missing, in nanoseconds.</summary>
    internal long RecheckNs { get; set; } = KernelModules.RecheckNs;

    private bool IsOpen => _receiver is { Error: 0 };

    /// <summary>A cycle begins: ends the interval if that is due. Starts to receive if the kernel module has been loaded.</summary>
    internal void BeginCycle()
    {
        long nowNs = SystemClock.MonotonicNs();
        if (_receiver is null) OpenIfLoaded(nowNs);
        if (!IsOpen || nowNs < _nextNs) return;

        // Cycles begin a little too early or too late.
        _nextNs = nowNs + Math.Max(0, _intervalNs - (_cycleNs / 2));
        _receiver!.Drain();
        _last = _table!.Swap(SystemClock.MonotonicNs(), _receiver.TakeLost());
    }

    /// <summary>A cycle ends. If it has found the namespaces of all containers, new ones are heard from their birth.</summary>
    internal void EndCycle() => _hearsBirths = IsOpen;

    /// <summary>Finds the namespaces of containers that are about to be read.</summary>
    /// <param name="indexes">Where they are in the list in force.</param>
    internal void Select(ReadOnlySpan<int> indexes)
    {
        if (!IsOpen) return;
        foreach (int index in indexes)
        {
            SampledContainer container = _containers[index];
            if (_namespaces.OwnerOf(index) != index) Release(container);
            else if (container.Container.Init is { } init) Bind(container, init.Descriptor, _namespaces.IdentityOf(index));
        }
    }

    /// <summary>Adds the points of the last interval to a sample.</summary>
    internal void Complete(SampledContainer container)
    {
        if (_last is not { } last || container.Flows is not { } flows || flows.PublishedGeneration == last.Generation) return;
        flows.PublishedGeneration = last.Generation;
        container.Sample.FlowsPublished = true;
        _rows.Add(last, flows, container.Sample.Flows, last.LengthNs, last.Lost);
    }

    /// <summary>Adds the connections since the last points to an exit, and the totals, if they are known since the start of the container.</summary>
    internal void CompleteExit(FlowNamespace? flows, ExitSample exit)
    {
        if (flows is null || !IsOpen) return;
        _receiver!.Drain();
        FlowSums totals = _table!.TakeRunning(flows, _rows, exit.Flows, SystemClock.MonotonicNs(), _receiver.CountLost());
        if (!flows.IsWhole) return;
        exit.Readings.Set(Catalogue.Reading.ExitConnectionsClosed, totals.Closed);
        exit.Readings.SetUnsigned(Catalogue.Reading.ExitRetransSegs, totals.RetransSegs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _receiver?.Dispose();
        if (_route >= 0) Libc.Close(_route);
    }

    /// <summary>A container has left the list, or does not own its namespace.</summary>
    internal void Release(SampledContainer container)
    {
        if (container.Flows is not { } flows) return;
        container.Flows = null;
        _table?.Release(flows);
    }

    private void OpenIfLoaded(long nowNs)
    {
        if (nowNs < _nextCheckNs) return;
        _nextCheckNs = nowNs + RecheckNs;
        if (!DiagnosticModules.IsTcpLoaded(_roots)) return;
        Open(nowNs);
        if (IsOpen) LogAvailable(_logger);
    }

    private void Open(long nowNs)
    {
        _table = new FlowTable(_options.Flows, _options.Loopback, _counters, nowNs);
        _receiver = new FlowReceiver(_table, _options.Flows.BufferBytes, _counters, _logger);
        if (!IsOpen)
        {
            LogRefused(_logger, _receiver.Error);
            return;
        }

        _route = NativeShim.RouteOpen();
        _receiver.Start();
    }

    private unsafe void Bind(SampledContainer container, int directory, ulong identity)
    {
        FlowNamespace? known = container.Flows;
        if (identity == 0 || directory < 0 || (identity & NativeShim.IdentityByDev) != 0) return;
        if (known is not null && known.Identity == identity && known.Number >= 0) return;
        int isNew = 0;
        int number = _route < 0 ? _route : NativeShim.NamespaceNumberAssign(_route, directory, identity, &isNew);
        if (number >= 0)
        {
            // It was not heard before the agent started, or before it had a number.
            container.Flows = _table!.Bind(number, identity, known, isWhole: _hearsBirths && isNew == 0);
            return;
        }

        // A process that has exited, or has entered another namespace meanwhile, is no error.
        if (number is -Errno.ENOENT or -Errno.ESRCH or -Errno.ESTALE || known is { HasFailed: true }) return;
        _counters.Add(AgentCounter.FlowErrors);
        container.Flows = new FlowNamespace(null) { Identity = identity, HasFailed = true };
    }

    [LoggerMessage(EventId = 208, Level = LogLevel.Warning, Message = "container_flow is not reported, because that needs a visit of the network namespaces. Grant CAP_SYS_ADMIN and CAP_SYS_PTRACE, or set network.flows = off.")]
    private static partial void LogNeedsVisit(ILogger logger);

    [LoggerMessage(EventId = 209, Level = LogLevel.Warning, Message = "container_flow is not reported, because the kernel module tcp_diag is not loaded and the agent loads none. Load it with modprobe tcp_diag, or set network.flows = off.")]
    private static partial void LogNoModule(ILogger logger);

    [LoggerMessage(EventId = 210, Level = LogLevel.Warning, Message = "container_flow is not reported, because the kernel refused a socket for closed connections with errno {Error}. Grant CAP_NET_BROADCAST and CAP_NET_ADMIN in the host's network namespace, or set network.flows = off.")]
    private static partial void LogRefused(ILogger logger, int error);

    [LoggerMessage(EventId = 212, Level = LogLevel.Information, Message = "container_flow is reported from now on: the kernel module tcp_diag is loaded.")]
    private static partial void LogAvailable(ILogger logger);
}
