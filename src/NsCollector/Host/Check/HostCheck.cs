using NsCollector.Linux.Cgroup;
using NsCollector.Deliver.Http;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Check;

/// <summary>All checks of <c>nscollector check</c>, except the check of the configuration, which precedes them.</summary>
internal static class HostCheck
{
    /// <summary>Every finding, in the order of the output.</summary>
    internal static IEnumerable<Finding> Findings(AgentContext context, AgentParts parts)
    {
        AgentOptions options = context.Options;
        CapabilitySet? capabilities = CapabilitySet.Effective(TextFile.Read("/proc/self/status") ?? "");
        NetworkAccess network = NetworkAccess.Try(options.Roots);
        foreach (Finding finding in NetworkCheck.Findings(capabilities, network, options.Sample)) yield return finding;
        foreach (Finding finding in ConnectionsCheck.Findings(options.Roots, options.Sample, canVisit: network.Setns == 0)) yield return finding;
        foreach (Finding finding in FlowsCheck.Findings(options.Roots, options.Sample, canVisit: network.Setns == 0)) yield return finding;
        foreach (Finding finding in NetfilterCheck.Findings(capabilities, options.Roots, options.Sample, canVisit: network.Setns == 0)) yield return finding;
        foreach (Finding finding in ConntrackCheck.Findings(options.Roots, options.Sample, capabilities, canVisit: network.Setns == 0)) yield return finding;
        foreach (Finding finding in QdiscCheck.Findings(options.Sample, canVisit: network.Setns == 0)) yield return finding;
        CgroupMounts mounts = CgroupMounts.Find(options.Roots);
        foreach (Finding finding in KernelCheck.Findings(options.Roots, options.Sample, mounts)) yield return finding;
        using (OwnMemoryCgroup? memory = OwnMemoryCgroup.Find(mounts)) yield return MemoryCheck.OwnCgroup(memory);
        foreach (Finding finding in WatchCheck.Findings(WatchAccess.Try(options.Discover.RealTime), InotifyLimits.Read(options.Roots), options.Discover)) yield return finding;
        foreach (Finding finding in CgroupCheck.Findings(mounts, options.Sample)) yield return finding;

        foreach (Finding finding in PeakCheck.Findings(mounts, options.Sample)) yield return finding;
        yield return OomCheck.Find(options.Sample.OomVictims);
        foreach (Finding finding in FilesystemCheck.Findings(options.Roots, options.Sample.Filesystem)) yield return finding;

        // CgroupCheck has already reported that there is no hierarchy.
        if (!mounts.Hierarchies.IsEmpty && HostDirectories.Problem(mounts, options.Roots) is { } problem) yield return Finding.Fail(problem);
        foreach (Finding finding in RuntimeCheck.Findings(options.Roots, options.Discover)) yield return finding;
        if (Posix.Problem is { } noAccounts) yield return Finding.Warn("users, groups and access: " + noAccounts + "; until then, owner and group must be numbers, and containers of rootless Podman have their ids as names");
        if (parts.CountContainers is { } count)
        {
            foreach (Finding finding in RuntimeCheck.Counts(count(context))) yield return finding;
        }

        foreach (Finding finding in SinkFindings(options, usesSpool: false)) yield return finding;
        foreach (Finding finding in SpoolCheck.Findings(options.Spool, [.. options.Sinks.OfType<HttpSinkOptions>()], DateTimeOffset.UtcNow)) yield return finding;
        foreach (Finding finding in SinkFindings(options, usesSpool: true)) yield return finding;
    }

    private static IEnumerable<Finding> SinkFindings(AgentOptions options, bool usesSpool) =>
        options.Sinks.Where(sink => SinkKinds.Of(sink).UsesSpool == usesSpool).SelectMany(sink => SinkKinds.Of(sink).Check(sink));
}
