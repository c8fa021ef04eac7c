using NsCollector.Linux;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Sample.Connections;

/// <summary>
/// Tells whether the kernel answers inet_diag requests without loading a module: a request for a protocol whose module is absent
/// makes the kernel load it (sock_load_diag_module, net/core/sock_diag.c), and the agent changes nothing on the host.
/// </summary>
internal static class DiagnosticModules
{
    /// <summary>Whether TCP sockets can be listed. Needs inet_diag as well, on which tcp_diag depends.</summary>
    internal static bool HasTcp(HostRoots roots, Func<SocketDumps, bool>? ask = null) =>
        IsTcpLoaded(roots) || KernelModules.IsBuiltIn(roots, "tcp_diag", "CONFIG_INET_TCP_DIAG", () => (ask ?? Answers)(SocketDumps.Listeners));

    /// <summary>Whether UDP sockets can be listed.</summary>
    internal static bool HasUdp(HostRoots roots, Func<SocketDumps, bool>? ask = null) =>
        IsUdpLoaded(roots) || KernelModules.IsBuiltIn(roots, "udp_diag", "CONFIG_INET_UDP_DIAG", () => (ask ?? Answers)(SocketDumps.Listeners | SocketDumps.Udp));

    /// <summary>Whether the module of TCP is loaded now.</summary>
    internal static bool IsTcpLoaded(HostRoots roots) => KernelModules.IsLoaded(roots, "tcp_diag");

    /// <summary>Whether the module of UDP is loaded now.</summary>
    internal static bool IsUdpLoaded(HostRoots roots) => KernelModules.IsLoaded(roots, "udp_diag");

    private static unsafe bool Answers(SocketDumps dumps)
    {
        SocketCgroups none = default;
        SocketSums result = new() { Wanted = dumps };
        SocketsByCgroup(&none, &result, uint.MaxValue);
        return result.TcpError == 0 && result.UdpError == 0;
    }
}
