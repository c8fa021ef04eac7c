using System.Runtime.InteropServices;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Flows;

namespace NsCollector.Sample.Net;

// The sockets of the namespaces, for container_connections and container_flow.
internal sealed unsafe partial class NetworkVisitor
{
    // Of all targets of a call. What has no room is counted when it is closed.
    private const int MaxFlows = 65_536;

    private NativeShim.SocketSums* _sockets;
    private NativeShim.Flow* _flows;

    private void AllocateSockets()
    {
        _request->SocketLimit = (uint)_options.Connections.MaxSockets;
        if (_options.Connections.Mode == ConnectionsMode.Off && !_options.Flows.Enabled) return;
        _sockets = (NativeShim.SocketSums*)NativeMemory.AllocZeroed(TargetsPerCall, (nuint)sizeof(NativeShim.SocketSums));
        _request->Sockets = (ulong)_sockets;
        if (_options.Connections.Mode != ConnectionsMode.On || !_options.Flows.Enabled) return;

        // The kernel gives it memory only as it is written to.
        int capacity = Math.Min(_options.Connections.MaxSockets, MaxFlows);
        _flows = (NativeShim.Flow*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(NativeShim.Flow));
        _request->Flows = (ulong)_flows;
        _request->FlowCapacity = (uint)capacity;
    }

    private void BeginDumps(int index, NetworkTarget target)
    {
        _sockets[index] = new() { Wanted = target.WantedDumps };
        if (target is { WantsFlows: true, Flows: { } flows }) flows.Table?.BeginDump(flows);
    }

    private static void CancelDump(NetworkTarget target)
    {
        if (target is { WantsFlows: true, Flows: { } flows }) flows.Table?.CancelDump(flows);
    }

    private void AcceptSockets(ref NativeShim.SocketSums sockets, NetworkTarget target, ulong identity)
    {
        if (target is { WantsFlows: true, Flows: { } dumped }) AcceptFlows(in sockets, dumped, identity);
        if (target.WantedConnections != NativeShim.SocketDumps.None)
            target.Connections!.Accept(in sockets, identity, SystemClock.MonotonicNs(), _counters);
        if (sockets.Wanted == NativeShim.SocketDumps.None || sockets.TcpError != 0 || target.Flows is not { } flows || flows.Identity != identity) return;
        fixed (ushort* ports = sockets.Ports) flows.AddPorts(new ReadOnlySpan<ushort>(ports, (int)sockets.PortCount));
    }

    private void AcceptFlows(in NativeShim.SocketSums sockets, FlowNamespace flows, ulong identity)
    {
        const NativeShim.SocketFlags NotWhole = NativeShim.SocketFlags.Cut | NativeShim.SocketFlags.FlowsCut | NativeShim.SocketFlags.Interrupted;
        if (_flows is null || flows.Identity != identity) flows.Table?.CancelDump(flows);
        else flows.Table?.EndDump(flows, new Span<NativeShim.Flow>(_flows + sockets.FlowFirst, (int)sockets.FlowCount), sockets.TcpError == 0 && (sockets.Flags & NotWhole) == 0);
    }
}
