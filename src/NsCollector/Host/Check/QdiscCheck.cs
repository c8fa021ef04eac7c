using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Qdiscs;

namespace NsCollector.Host.Check;

/// <summary>Whether queueing disciplines can be read.</summary>
internal static class QdiscCheck
{
    internal static IEnumerable<Finding> Findings(SampleOptions options, bool canVisit, Func<int>? ask = null)
    {
        if (!options.Qdiscs.Enabled || options.Network == NetworkMode.Off) yield break;
        if (options.Network == NetworkMode.Proc || !canVisit)
        {
            yield return Finding.Warn("queueing disciplines: not reported, because that needs a visit of the namespaces; set [network] mode = visit and grant its capabilities, or set [network] qdisc = off");
            yield break;
        }

        int error = (ask ?? Ask)();
        yield return error == 0
            ? Finding.Ok("queueing disciplines: the kernel lists them (RTM_GETQDISC)")
            : Finding.Warn($"queueing disciplines: the kernel does not list them ({Errno.Name(-error)}), so container_qdisc is missing; set [network] qdisc = off");
    }

    private static int Ask() => Qdisc.CreateRequest(1 << 16).SendHere();
}
