using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Sample;

/// <summary>
/// Decides whose sockets are counted in this cycle: the listening ones of each container at its pace, and full dumps within a
/// budget. Containers whose last full dump is longest ago go first.
/// </summary>
/// <remarks>For the sampling thread. A steady cycle allocates nothing.</remarks>
internal sealed partial class ConnectionSchedule : IDisposable
{
    // Any key will do; it spreads nothing here.
    private const long HostKey = 0;

    private readonly SampledContainers _containers;
    private readonly NetworkNamespaces _namespaces;
    private readonly ConnectionOptions _options;
    private readonly AgentCounters _counters;
    private readonly HostRoots _roots;
    private readonly ILogger _logger;
    private readonly Pace _pace;
    private readonly ConnectionBudget _budget;
    private readonly FullDumpTurns _turns = new();
    private readonly HostConnections _host;
    private bool _hasTcp, _hasUdp, _wasChecked;
    private long _nextCheckNs;

    private ConnectionSchedule(SampledContainers containers, NetworkNamespaces namespaces, NetworkVisitor visitor, CgroupMounts mounts,
        SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        _containers = containers;
        _namespaces = namespaces;
        _options = options.Connections;
        _counters = counters;
        _roots = roots;
        _logger = logger;
        _pace = new Pace(_options.Interval, options.Interval);
        _budget = new ConnectionBudget(_options.CpuPercent, SystemClock.MonotonicNs());
        _host = new HostConnections(containers, namespaces, visitor, mounts, counters);
    }

    /// <summary>Null if nothing is to be counted, or namespaces cannot be entered.</summary>
    internal static ConnectionSchedule? Create(SampledContainers containers, NetworkNamespaces namespaces, NetworkVisitor visitor, CgroupMounts mounts,
        SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger) =>
        options.Connections.Mode == ConnectionsMode.Off || visitor.Mode != NetworkMode.Visit
            ? null
            : new ConnectionSchedule(containers, namespaces, visitor, mounts, options, roots, counters, logger);

    private bool IsFull => _options.Mode == ConnectionsMode.On && _options.CpuPercent > 0;

    private SocketDumps FullDump => _hasUdp ? SocketDumps.Tcp | SocketDumps.Udp : SocketDumps.Tcp;

    /// <summary>Sets what is read of the selected containers.</summary>
    /// <param name="indexes">Where they are in the list in force.</param>
    internal void Select(ReadOnlySpan<int> indexes)
    {
        long nowNs = SystemClock.MonotonicNs();
        CheckModules(nowNs);
        foreach (int index in indexes)
        {
            SampledContainer container = _containers[index];
            ConnectionTurn turn = (container.Connections ??= new ContainerConnections(nowNs)).Turn;
            turn.Wanted = SocketDumps.None;
            if (_hasTcp && _namespaces.OwnerOf(index) == index) turn.BeginIfDue(_pace, container.Container.Key, nowNs, IsFull);
        }

        if (!_hasTcp) return;
        bool hasHost = _host.FindContainers();
        if (hasHost && !indexes.IsEmpty) _host.Turn.BeginIfDue(_pace, HostKey, nowNs, IsFull);
        FindTurns(hasHost, nowNs);
        foreach (int index in indexes)
        {
            if (_namespaces.OwnerOf(index) == index) _containers[index].Connections!.Turn.Choose(_turns, FullDump);
        }

        if (!hasHost) return;
        _host.Turn.Choose(_turns, FullDump);
        if (_host.Turn.Wanted != SocketDumps.None && _host.Read((uint)_options.MaxSockets, nowNs) is > 0 and long spentNs) _budget.Spend(spentNs);
    }

    // Of all containers, not only of the selected ones: new ones, or those of the first part of a cycle, do not go before the others.
    private void FindTurns(bool hasHost, long nowNs)
    {
        _turns.Clear();
        if (!IsFull) return;
        for (int i = 0; i < _containers.Count; i++)
        {
            SampledContainer container = _containers[i];
            if (container.Connections is { Turn: { WaitsForFull: true } turn } && !container.HasVanished && _namespaces.OwnerOf(i) == i) _turns.Add(turn.TriedNs);
        }

        if (hasHost && _host.Turn.WaitsForFull) _turns.Add(_host.Turn.TriedNs);
        _turns.Allow(_budget.Allowed(nowNs));
    }

    /// <summary>Adds what was read to a sample.</summary>
    internal void Complete(SampledContainer container)
    {
        if (container.Connections is not { } connections) return;
        long nowNs = SystemClock.MonotonicNs();
        if (connections.TakeSpent() is > 0 and long spentNs) _budget.Spend(spentNs);
        connections.Turn.End(nowNs);
        connections.Publish(container.Sample, nowNs);
    }

    /// <inheritdoc/>
    public void Dispose() => _host.Dispose();

    // Another program, such as ss(8), may load a module at any time. What is built in is looked up once.
    private void CheckModules(long nowNs)
    {
        if ((_hasTcp && (_hasUdp || !IsFull)) || (_wasChecked && nowNs < _nextCheckNs)) return;
        _nextCheckNs = nowNs + KernelModules.RecheckNs;
        if (!_wasChecked)
        {
            _wasChecked = true;
            _hasTcp = DiagnosticModules.HasTcp(_roots);
            _hasUdp = IsFull && DiagnosticModules.HasUdp(_roots);
            if (!_hasTcp) LogMissing(_logger);
            return;
        }

        bool hadTcp = _hasTcp;
        _hasTcp |= DiagnosticModules.IsTcpLoaded(_roots);
        _hasUdp |= IsFull && DiagnosticModules.IsUdpLoaded(_roots);
        if (_hasTcp && !hadTcp) LogAvailable(_logger);
    }

    [LoggerMessage(EventId = 206, Level = LogLevel.Information, Message = "container_connections is not reported, because the kernel module tcp_diag is not loaded and the agent loads none. Load it with modprobe -a tcp_diag udp_diag, or set network.connections = off.")]
    private static partial void LogMissing(ILogger logger);

    [LoggerMessage(EventId = 207, Level = LogLevel.Information, Message = "container_connections is reported from now on: the kernel module tcp_diag is loaded.")]
    private static partial void LogAvailable(ILogger logger);
}
