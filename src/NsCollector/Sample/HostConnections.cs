using System.Runtime.InteropServices;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Sample;

/// <summary>
/// Counts the sockets of the containers in the host's namespace, by the id of their cgroup in the unified hierarchy, which is the inode
/// number of its directory. One dump for all of them. A socket has the cgroup of the process that created it, so those that a
/// container created in a cgroup below its own are not counted.
/// </summary>
/// <remarks>For the sampling thread. It allocates only when the list of containers or their namespaces have changed.</remarks>
internal sealed unsafe class HostConnections(
    SampledContainers containers, NetworkNamespaces namespaces, NetworkVisitor visitor, CgroupMounts mounts, AgentCounters counters) : IDisposable
{
    // Any key will do; it spreads nothing here.
    private const long PaceKey = 0;

    private readonly SocketCgroups* _request = (SocketCgroups*)NativeMemory.AllocZeroed((nuint)sizeof(SocketCgroups));
    private readonly SocketSums* _result = (SocketSums*)NativeMemory.AllocZeroed((nuint)sizeof(SocketSums));
    private SocketSums* _sums;
    private byte* _rtt;
    private ulong[] _ids = [];
    private int[] _indexes = [];
    private int _count;
    private long _nextNs = long.MinValue;
    private long _generation = long.MinValue;
    private int _version = -1;

    /// <summary>Whether a container in the host's namespace is among the selected ones and its sockets are to be counted now.</summary>
    internal bool IsDue(ReadOnlySpan<int> indexes, Pace pace, long nowNs)
    {
        if (!visitor.IsInHost) return false;
        if (_generation != containers.List.Generation || _version != namespaces.Version) FindContainers();
        return _count > 0 && !indexes.IsEmpty && pace.IsDue(PaceKey, ref _nextNs, nowNs);
    }

    /// <summary>Counts them.</summary>
    /// <returns>The CPU time of a full dump, in nanoseconds; 0 if it was one of listeners.</returns>
    internal long Read(SocketDumps wanted, uint limit, long nowNs)
    {
        fixed (ulong* ids = _ids)
        {
            *_request = new SocketCgroups { Ids = (ulong)ids, Sockets = (ulong)_sums, Rtt = (ulong)_rtt, Count = (uint)_count };
            _result->Wanted = wanted;
            SocketsByCgroup(_request, _result, limit);
        }

        ContainerConnections.Count(in *_result, counters);
        for (int i = 0; i < _count; i++)
        {
            ContainerConnections connections = containers[_indexes[i]].Connections ??= new ContainerConnections(nowNs);
            connections.SetFigures(in _sums[i], namespaces.IdentityOf(_indexes[i]), nowNs, isByCgroup: true);
        }

        return (wanted & SocketDumps.Tcp) != 0 ? (long)_result->CpuNs : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_request);
        NativeMemory.Free(_result);
        NativeMemory.Free(_sums);
        NativeMemory.Free(_rtt);
        _sums = null;
        _rtt = null;
        _count = 0;
    }

    private void FindContainers()
    {
        _generation = containers.List.Generation;
        _version = namespaces.Version;
        var found = new SortedList<ulong, int>();
        for (int i = 0; i < containers.Count; i++)
        {
            if (visitor.IsHost(namespaces.IdentityOf(i)) && IdOf(containers[i].Container.CgroupPath) is > 0 and ulong id) found.TryAdd(id, i);
        }

        _ids = [.. found.Keys];
        _indexes = [.. found.Values];
        _count = found.Count;
        NativeMemory.Free(_sums);
        NativeMemory.Free(_rtt);
        _sums = _count > 0 ? (SocketSums*)NativeMemory.AllocZeroed((nuint)_count, (nuint)sizeof(SocketSums)) : null;
        _rtt = _count > 0 ? (byte*)NativeMemory.AllocZeroed((nuint)_count, RttHistogramBytes) : null;
    }

    private ulong IdOf(string cgroupPath) =>
        mounts.Unified?.DirectoryOf(cgroupPath) is { } directory && Libc.Stat(directory, out FileStatus status) == 0 ? status.Inode : 0;
}
