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
    private const long RecheckNs = 60_000_000_000;

    private readonly SampledContainers _containers;
    private readonly NetworkNamespaces _namespaces;
    private readonly ConnectionOptions _options;
    private readonly AgentCounters _counters;
    private readonly HostRoots _roots;
    private readonly ILogger _logger;
    private readonly Pace _pace;
    private readonly ConnectionBudget _budget;
    private readonly HostConnections _host;
    private bool _hasTcp, _hasUdp;
    private long _nextCheckNs = long.MinValue;
    private long[] _fullNs = [];
    private int[] _due = [];

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
        if (_due.Length < indexes.Length)
        {
            _due = new int[indexes.Length + (indexes.Length / 4)];
            _fullNs = new long[_due.Length];
        }

        int due = 0;
        foreach (int index in indexes)
        {
            SampledContainer container = _containers[index];
            ContainerConnections connections = container.Connections ??= new ContainerConnections(nowNs);
            connections.Wanted = SocketDumps.None;
            if (!_hasTcp || _namespaces.OwnerOf(index) != index || !_pace.IsDue(container.Container.Key, ref connections.NextNs, nowNs)) continue;
            connections.Wanted = SocketDumps.Listeners;
            _due[due] = index;
            _fullNs[due++] = connections.FullNs;
        }

        if (!_hasTcp) return;
        int allowed = IsFull ? _budget.Allowed(nowNs) : 0;
        if (allowed < due) Array.Sort(_fullNs, _due, 0, due);
        for (int i = 0; i < Math.Min(due, allowed); i++) _containers[_due[i]].Connections!.Wanted = FullDump;
        bool isHostDue = _host.IsDue(indexes, _pace, nowNs);
        if (isHostDue) _budget.Spend(_host.Read(IsFull && allowed > 0 ? FullDump : SocketDumps.Listeners, (uint)_options.MaxSockets, nowNs));
    }

    /// <summary>Adds what was read to a sample.</summary>
    internal void Complete(SampledContainer container)
    {
        if (container.Connections is not { } connections) return;
        if (connections.TakeSpent() is > 0 and long spentNs) _budget.Spend(spentNs);
        connections.Publish(container.Sample, SystemClock.MonotonicNs());
    }

    /// <inheritdoc/>
    public void Dispose() => _host.Dispose();

    // Another program, such as ss(8), may load a module at any time.
    private void CheckModules(long nowNs)
    {
        if ((_hasTcp && _hasUdp) || nowNs < _nextCheckNs) return;
        bool isFirst = _nextCheckNs == long.MinValue, hadTcp = _hasTcp;
        _nextCheckNs = nowNs + RecheckNs;
        _hasTcp = DiagnosticModules.HasTcp(_roots);
        _hasUdp = DiagnosticModules.HasUdp(_roots);
        if (_hasTcp && !hadTcp && !isFirst) LogAvailable(_logger);
        else if (!_hasTcp && isFirst) LogMissing(_logger);
    }

    [LoggerMessage(EventId = 206, Level = LogLevel.Information, Message = "container_connections is not reported, because the kernel module tcp_diag is not loaded and the agent loads none. Load it with modprobe -a tcp_diag udp_diag, or set network.connections = off.")]
    private static partial void LogMissing(ILogger logger);

    [LoggerMessage(EventId = 207, Level = LogLevel.Information, Message = "container_connections is reported from now on: the kernel module tcp_diag is loaded.")]
    private static partial void LogAvailable(ILogger logger);
}
