using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Connections;

namespace NsCollector.Host.Check;

/// <summary>Whether the kernel reports the closed connections of containers.</summary>
internal static class FlowsCheck
{
    // Nothing is read from it.
    private const int LeastBufferBytes = 4096;

    internal static IEnumerable<Finding> Findings(HostRoots roots, SampleOptions options, bool canVisit)
    {
        if (!options.Flows.Enabled) yield break;
        if (options.Network is NetworkMode.Off or NetworkMode.Proc || !canVisit)
        {
            yield return Finding.Warn("flows: container_flow is missing, because it needs a visit of the namespaces ([network] mode)");
            yield break;
        }

        if (!DiagnosticModules.HasTcp(roots))
        {
            yield return Finding.Warn("flows: the kernel module tcp_diag is neither loaded nor known to be built in, and the agent loads none, so container_flow is missing; run modprobe tcp_diag, or set [network] flows = off");
            yield break;
        }

        int socket = NativeShim.FlowsOpen(LeastBufferBytes);
        if (socket >= 0) Libc.Close(socket);
        yield return socket >= 0
            ? Finding.Ok("flows: the kernel reports closed TCP connections of all network namespaces")
            : Finding.Warn($"flows: the kernel refuses to report closed TCP connections (errno {-socket}), so container_flow is missing; grant CAP_NET_BROADCAST and CAP_NET_ADMIN in the host's network namespace, or set [network] flows = off");
    }
}
