using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Net;
using NsCollector.Sample.Netfilter;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>Reads the counters of netfilter of each network namespace at its pace: the host's, and with <see cref="NetfilterMode.On"/> the containers'.</summary>
/// <remarks>For the sampling thread. A steady cycle allocates nothing.</remarks>
internal sealed partial class NetfilterSchedule : IDisposable
{
    // Any key will do; it spreads nothing here.
    private const long HostKey = 0;

    private readonly NetworkNamespaces _namespaces;
    private readonly NetworkVisitor _visitor;
    private readonly NetfilterOptions _options;
    private readonly HostRoots _roots;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly Pace _pace;
    private readonly NetfilterReader _reader;
    private readonly bool _readsContainers;
    private readonly HostSample _sample = new() { IsOfNetfilter = true };
    private readonly ContainerNetfilter _host;
    private NetfilterParts _parts;
    private bool _wasChecked, _isNotPermitted;
    private long _nextCheckNs;

    private NetfilterSchedule(NetworkNamespaces namespaces, NetworkVisitor visitor, SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        _namespaces = namespaces;
        _visitor = visitor;
        _options = options.Netfilter;
        _roots = roots;
        _counters = counters;
        _logger = logger;
        _pace = new Pace(_options.Interval, options.Interval);
        _reader = new NetfilterReader(_options.MaxRules, counters);
        _readsContainers = _options.Mode == NetfilterMode.On && visitor.Mode == NetworkMode.Visit;
        _host = NewTotals();
    }

    /// <summary>Null if nothing is to be read.</summary>
    internal static NetfilterSchedule? Create(NetworkNamespaces namespaces, NetworkVisitor visitor, SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger) =>
        options.Netfilter.Mode == NetfilterMode.Off ? null : new NetfilterSchedule(namespaces, visitor, options, roots, counters, logger);

    /// <summary>Reads the host's namespace if it is due and the agent is in it.</summary>
    /// <returns>The counters, valid until the next call; null if they were not read.</returns>
    internal HostSample? ReadHostIfDue()
    {
        long nowNs = SystemClock.MonotonicNs();
        if (!_visitor.StartedInHost || !MayRead(nowNs) || !_pace.IsDue(HostKey, ref _host.NextNs, nowNs)) return null;
        _sample.TimestampNs = SystemClock.RealtimeNs();
        if (!Succeeds(_reader.ReadOwn(_parts, _host.Totals))) return null;
        _sample.Netfilter.Clear();
        _host.CopyTo(_sample.Netfilter);
        return _sample;
    }

    /// <summary>Adds the counters of a container's namespace to its sample, if they are due and it owns the namespace.</summary>
    /// <param name="container">The container, which was read in this cycle.</param>
    /// <param name="index">Its index in the list in force.</param>
    internal void Complete(SampledContainer container, int index)
    {
        if (!_readsContainers) return;
        ulong identity = _namespaces.IdentityOf(index);
        if (_namespaces.OwnerOf(index) != index || identity == 0 || (identity & NativeShim.IdentityByDev) != 0 || container.Container.Init is not { Descriptor: >= 0 and var directory })
        {
            container.Netfilter?.Forget();
            return;
        }

        long nowNs = SystemClock.MonotonicNs();
        if (!MayRead(nowNs)) return;
        ContainerNetfilter netfilter = container.Netfilter ??= NewTotals();
        if (!_pace.IsDue(container.Container.Key, ref netfilter.NextNs, nowNs)) return;
        if (netfilter.Namespace != identity) netfilter.Forget();
        netfilter.Namespace = identity;
        if (Succeeds(_reader.Read(directory, identity, _parts, netfilter.Totals))) netfilter.CopyTo(container.Sample.BeginNetfilter());
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    // It may be permitted in one namespace and not in another: if the agent is in a user namespace, or if the first had only empty tables of iptables.
    private bool Succeeds(NetfilterResult result)
    {
        if (result == NetfilterResult.NotPermitted)
        {
            _counters.Add(AgentCounter.NetfilterErrors);
            CheckPermission();
        }

        return result == NetfilterResult.Read;
    }

    private ContainerNetfilter NewTotals() => new(new NetfilterTotals(_options.MaxRules));

    // Another program, such as nft(8), may load a module at any time. What is built in is looked up once.
    private bool MayRead(long nowNs)
    {
        if (_isNotPermitted) return false;
        if (_wasChecked && nowNs < _nextCheckNs) return !_parts.IsNone;
        bool hadNone = _parts.IsNone;
        _nextCheckNs = nowNs + KernelModules.RecheckNs;
        _parts = _wasChecked ? _parts.AddLoaded(_roots) : NetfilterParts.Find(_roots);
        if (_parts.IsNone && !_wasChecked) LogNone(_logger);
        else if (!_parts.IsNone && hadNone && _wasChecked) LogAvailable(_logger);
        _wasChecked = true;
        if (!_parts.IsNone && hadNone) CheckPermission();
        return !_parts.IsNone && !_isNotPermitted;
    }

    // Of the agent's own namespace. Capabilities do not come back.
    private void CheckPermission()
    {
        _isNotPermitted = _reader.ReadOwn(_parts, _host.Totals) == NetfilterResult.NotPermitted;
        if (_isNotPermitted) LogNotPermitted(_logger);

        // It may be asked for a part that it does not have.
        if (KernelModules.CanLoad(_roots) == false) _parts = _reader.Answered(_parts);
    }

    [LoggerMessage(EventId = 213, Level = LogLevel.Warning, Message = "The counters of netfilter are not reported, because CAP_NET_ADMIN is missing. Grant it (docs/operations.md), or set network.netfilter = off.")]
    private static partial void LogNotPermitted(ILogger logger);

    [LoggerMessage(EventId = 214, Level = LogLevel.Information, Message = "No counters of netfilter are reported, because neither nf_tables nor nfnetlink_acct nor ip_tables is loaded, and the agent loads no module. It looks again once a minute.")]
    private static partial void LogNone(ILogger logger);

    [LoggerMessage(EventId = 215, Level = LogLevel.Information, Message = "The counters of netfilter are reported from now on: a module that counts is loaded.")]
    private static partial void LogAvailable(ILogger logger);
}
