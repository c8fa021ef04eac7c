using System.Globalization;
using NsCollector.Linux;
using NsCollector.Sample;

namespace NsCollector.Host.Check;

/// <summary>Checks of the kernel beyond cgroups and namespaces.</summary>
internal static class KernelCheck
{
    /// <summary>Maximum descriptors per container: 19 cgroup files on a hybrid host (fewer on v2), its /proc directory and its pidfd.</summary>
    internal const int DescriptorsPerContainer = 21;

    // .NET, the sinks, the log, inotify, epoll, and 67 for the watch on a host with cgroup v1.
    private const int DescriptorsOfTheAgent = 160;

    internal static IEnumerable<Finding> Findings(HostRoots roots, SampleOptions options)
    {
        yield return Finding.Ok("kernel: Linux " + (TextFile.Read("/proc/sys/kernel/osrelease")?.Trim() ?? "(unknown release)"));
        if (options.Pressure) yield return Pressure(TextFile.Read(roots.Proc + "/pressure/cpu"));
        yield return OpenFiles(TextFile.Read("/proc/self/limits") ?? "", options);
    }

    internal static Finding Pressure(string? text) => text?.StartsWith("some ", StringComparison.Ordinal) == true
        ? Finding.Ok("pressure stall information: on")
        : Finding.Warn("pressure stall information is off: container_pressure cannot be read; boot with psi=1");

    internal static Finding OpenFiles(string limits, SampleOptions options)
    {
        if (SoftLimit(limits) is not { } soft) return Finding.Warn("RLIMIT_NOFILE: unknown, cannot read /proc/self/limits");
        long held = options.MaxHeldFiles > 0 ? Math.Min(soft, options.MaxHeldFiles) : soft - DescriptorsOfTheAgent;
        long containers = Math.Max(0, held / DescriptorsPerContainer);
        string text = string.Create(CultureInfo.InvariantCulture,
            $"RLIMIT_NOFILE {soft}: enough to hold the files of about {containers} containers open; files of further containers are opened in each cycle, which costs more CPU but loses nothing");
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
