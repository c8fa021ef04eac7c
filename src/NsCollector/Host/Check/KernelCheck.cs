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

    /// <summary>For how many containers the limit on open files is enough, by the plan and the reserves of the sampler's <see cref="DescriptorBudget"/>.</summary>
    internal static Finding OpenFiles(string limits, SampleOptions options, CgroupFilePlan plan)
    {
        if (SoftLimit(limits) is not { } soft) return Finding.Warn("RLIMIT_NOFILE: unknown, cannot read /proc/self/limits");
        int reserve = plan.UnifiedMemory ? DescriptorBudget.ReservePerContainerUnifiedMemory : DescriptorBudget.ReservePerContainer;
        int files = Math.Max(1, plan.MaxHeldFilesPerContainer);
        long containers = Math.Max(0, (soft - DescriptorBudget.GeneralReserve) / (files + reserve));
        if (options.MaxHeldFiles > 0) containers = Math.Min(containers, options.MaxHeldFiles / files);
        string text = string.Create(CultureInfo.InvariantCulture,
            $"RLIMIT_NOFILE {soft}: enough to hold the files of at least {containers} containers open; files of further containers are opened in each cycle, which costs more CPU but loses nothing");
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
