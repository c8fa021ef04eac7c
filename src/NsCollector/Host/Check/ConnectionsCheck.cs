using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Connections;

namespace NsCollector.Host.Check;

/// <summary>Whether the sockets of containers can be counted.</summary>
internal static class ConnectionsCheck
{
    internal static IEnumerable<Finding> Findings(HostRoots roots, SampleOptions options, bool canVisit)
    {
        if (options.Connections.Mode == ConnectionsMode.Off || options.Network == NetworkMode.Off) yield break;
        if (options.Network == NetworkMode.Proc || !canVisit)
        {
            yield return Finding.Ok("connections: not reported, because that needs a visit of the namespaces ([network] mode)");
            yield break;
        }

        bool hasTcp = DiagnosticModules.HasTcp(roots);
        yield return hasTcp
            ? Finding.Ok("connections: the kernel lists TCP sockets (inet_diag)")
            : Finding.Warn("connections: the kernel module tcp_diag is neither loaded nor known to be built in, and the agent loads none, so container_connections is missing; run modprobe tcp_diag, or set [network] connections = off");
        if (hasTcp && options.Connections.Mode == ConnectionsMode.On && !DiagnosticModules.HasUdp(roots))
            yield return Finding.Warn("connections: the kernel module udp_diag is neither loaded nor known to be built in, and the agent loads none, so the fields of UDP are missing; run modprobe udp_diag");
    }
}
