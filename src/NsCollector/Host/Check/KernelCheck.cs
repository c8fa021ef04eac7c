using System.Globalization;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.Records;

namespace NsCollector.Host.Check;

/// <summary>Checks of the kernel beyond cgroups and namespaces.</summary>
internal static class KernelCheck
{
    internal static IEnumerable<Finding> Findings(HostRoots roots, SampleOptions options, CgroupMounts mounts)
    {
        yield return Finding.Ok("kernel: Linux " + (TextFile.Read("/proc/sys/kernel/osrelease")?.Trim() ?? "(unknown release)"));
        if (options.Pressure) yield return Pressure(TextFile.Read(roots.Proc + "/pressure/cpu"));
        var plan = new CgroupFilePlan(mounts, options, HugePageSizes.Read(roots.Sys));
        yield return OpenFiles(TextFile.Read("/proc/self/limits") ?? "", options, plan);
        if (options.CgroupReader != CgroupReaderMode.Files) yield return Reader(options, plan);
    }

    /// <summary>Whether cgroups can be read by BPF, and which files that replaces.</summary>
    internal static Finding Reader(SampleOptions options, CgroupFilePlan plan)
    {
        using var reader = RecordReader.TryOpen(plan, options, capacity: 1, out string reason);
        if (reader is null)
        {
            string text = $"cannot read cgroups by BPF: {reason}; the agent reads their files instead";
            return options.CgroupReader == CgroupReaderMode.Bpf ? Finding.Warn(text) : Finding.Ok(text);
        }

        IEnumerable<string> replaced = plan.Files.Where((_, i) => reader.Sources[i] != RecordSource.None).Select(file => Encoding.ASCII.GetString(file.NameWithNul.AsSpan(..^1)));
        string without = reader.WithoutMemoryStat.Length > 0 ? $"; not memory.stat: {reader.WithoutMemoryStat}" : "";
        return Finding.Ok($"cgroups can be read by BPF, which replaces {string.Join(", ", replaced)}{without}");
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
