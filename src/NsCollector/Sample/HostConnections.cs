using System.Runtime.InteropServices;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Sample;

/// <summary>
/// Counts the sockets of the containers in the host's namespace, by the cgroups in which they were created. One dump for all of them.
/// </summary>
/// <remarks>For the sampling thread. It allocates only when the list of containers, their namespaces or their cgroups have changed.</remarks>
internal sealed unsafe class HostConnections(
    SampledContainers containers, NetworkNamespaces namespaces, NetworkVisitor visitor, CgroupMounts mounts, AgentCounters counters) : IDisposable
{
    private readonly SocketCgroups* _request = (SocketCgroups*)NativeMemory.AllocZeroed((nuint)sizeof(SocketCgroups));
    private readonly SocketSums* _result = (SocketSums*)NativeMemory.AllocZeroed((nuint)sizeof(SocketSums));
    private readonly ContainerCgroupIds _cgroups = new(mounts);
    private readonly List<int> _indexes = [];
    private SocketSums* _sums;
    private byte* _rtt;
    private bool _isDisposed;
    private long _generation = long.MinValue;
    private int _version = -1;
    private bool _isUnsupported;

    /// <summary>When they are counted next, and what.</summary>
    internal ConnectionTurn Turn { get; } = new(SystemClock.MonotonicNs());

    /// <summary>Whether there are containers in the host's namespace whose sockets can be counted.</summary>
    internal bool FindContainers()
    {
        if (!visitor.IsInHost || _isUnsupported) return false;
        if (_generation != containers.List.Generation || _version != namespaces.Version) Find();
        return _indexes.Count > 0;
    }

    /// <summary>Counts what is wanted.</summary>
    /// <returns>The CPU time of a full dump, in nanoseconds; 0 if it was one of listeners.</returns>
    internal long Read(uint limit, long nowNs)
    {
        if (!_cgroups.IsCurrent()) Find();
        bool isFull = (Turn.Wanted & SocketDumps.Tcp) != 0;
        fixed (ulong* ids = _cgroups.Ids)
        fixed (uint* owners = _cgroups.Containers)
        {
            *_request = new SocketCgroups
            {
                Ids = (ulong)ids, Containers = (ulong)owners, Sockets = (ulong)_sums, Rtt = (ulong)_rtt,
                IdCount = (uint)_cgroups.Ids.Length, Count = (uint)_indexes.Count,
            };
            *_result = new SocketSums { Wanted = Turn.Wanted };
            SocketsByCgroup(_request, _result, limit);
        }

        Turn.End(nowNs);
        ContainerConnections.Count(in *_result, counters);

        // Before Linux 5.8, or without CONFIG_SOCK_CGROUP_DATA: which sockets are whose is not known.
        _isUnsupported = (_result->Flags & SocketFlags.NoCgroup) != 0;
        for (int i = 0; i < _indexes.Count && !_isUnsupported; i++)
        {
            ContainerConnections connections = containers[_indexes[i]].Connections ??= new ContainerConnections(nowNs);
            connections.SetFigures(in _sums[i], namespaces.IdentityOf(_indexes[i]), nowNs, isByCgroup: true);
        }

        return isFull ? (long)_result->CpuNs : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        NativeMemory.Free(_request);
        NativeMemory.Free(_result);
        NativeMemory.Free(_sums);
        NativeMemory.Free(_rtt);
        _sums = null;
        _rtt = null;
        _indexes.Clear();
    }

    private void Find()
    {
        _generation = containers.List.Generation;
        _version = namespaces.Version;
        _indexes.Clear();
        _cgroups.Clear();
        for (int i = 0; i < containers.Count; i++)
        {
            if (visitor.IsHost(namespaces.IdentityOf(i)) && _cgroups.TryAdd(containers[i].Container.CgroupPath, (uint)_indexes.Count)) _indexes.Add(i);
        }

        _cgroups.Complete();
        NativeMemory.Free(_sums);
        NativeMemory.Free(_rtt);
        nuint count = (nuint)_indexes.Count;
        _sums = count > 0 ? (SocketSums*)NativeMemory.AllocZeroed(count, (nuint)sizeof(SocketSums)) : null;
        _rtt = count > 0 ? (byte*)NativeMemory.AllocZeroed(count, RttHistogramBytes) : null;
    }
}
