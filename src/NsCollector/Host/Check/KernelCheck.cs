using System.Globalization;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Host.Check;

/// <summary>Checks of the kernel beyond cgroups and namespaces.</summary>
internal static class KernelCheck
{
    internal static IEnumerable<Finding> Findings(HostRoots roots, SampleOptions options, CgroupMounts mounts)
    {
        yield return Finding.Ok("kernel: Linux " + (TextFile.Read("/proc/sys/kernel/osrelease")?.Trim() ?? "(unknown release)"));
        if (options.Pressure) yield return Pressure(TextFile.Read(roots.Proc + "/pressure/cpu"));
        yield return OpenFiles(TextFile.Read("/proc/self/limits") ?? "", options, new CgroupFilePlan(mounts, options, HugePageSizes.Read(roots.Sys)));
    }

    internal static Finding Pressure(string? text) => text?.StartsWith("some ", StringComparison.Ordinal) == true
        ? Finding.Ok("pressure stall information: on")
        : Finding.Warn("pressure stall information is off: container_pressure cannot be read; boot with psi=1");

    /// <summary>For how many containers the limit on open files is enough, with what is held of each by the plan and the reserves of the sampler's <see cref="HeldFilesBudget"/>.</summary>
    internal static Finding OpenFiles(string limits, SampleOptions options, CgroupFilePlan plan)
    {
        if (SoftLimit(limits) is not { } soft) return Finding.Warn("RLIMIT_NOFILE: unknown, cannot read /proc/self/limits");
        int reserve = plan.UnifiedMemory ? HeldFilesBudget.ReservePerContainerUnifiedMemory : HeldFilesBudget.ReservePerContainer;
        int each = reserve + plan.DirectoryRankCount, files = options.MaxHeldFiles;
        if (files == 0) each += plan.MaxHeldFilesPerContainer;
        if (options.Peaks > TimeSpan.Zero) each += HeldFilesBudget.PeakFilesPerContainer;
        long room = soft - HeldFilesBudget.GeneralReserve;

        // A few containers hold fewer files than cgroup.max_held_files allows.
        long containers = Math.Max(0, Math.Max((room - files) / Math.Max(1, each), files == 0 ? 0 : Math.Min(room / Math.Max(1, each + plan.MaxHeldFilesPerContainer), files / Math.Max(1, plan.MaxHeldFilesPerContainer))));
        string text = string.Create(CultureInfo.InvariantCulture,
            $"RLIMIT_NOFILE {soft}: enough for at least {containers} containers; with more, the agent opens more cgroup files in each cycle, which costs more CPU but loses nothing");
        return containers >= 100 ? Finding.Ok(text) : Finding.Warn(text + "; raise LimitNOFILE= of the unit, or ulimit -n");
    }

    /// <summary>The soft limit on open files in the text of /proc/PID/limits; null if it has none.</summary>
    internal static long? SoftLimit(string limits)
    {
        const string label = "Max open files";
        foreach (string line in limits.Split('\n'))
        {
            if (!line.StartsWith(label, StringComparison.Ordinal)) continue;
            string soft = line[label.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
            if (soft == "unlimited") return int.MaxValue;
            return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        }

        return null;
    }
}
