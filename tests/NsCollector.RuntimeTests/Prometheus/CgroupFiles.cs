using System.Globalization;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>The kernel's figures of a cgroup of the host by its path, on v1 and v2.</summary>
internal static class CgroupFiles
{
    /// <summary>CPU time used.</summary>
    internal static double CpuSeconds(string path)
    {
        string directory = DirectoryOf("cpuacct", path), v1 = Path.Combine(directory, "cpuacct.usage");
        return File.Exists(v1)
            ? long.Parse(File.ReadAllText(v1), CultureInfo.InvariantCulture) / 1e9
            : long.Parse(File.ReadLines(Path.Combine(directory, "cpu.stat")).First().Split(' ')[1], CultureInfo.InvariantCulture) / 1e6;
    }

    /// <summary>Memory charged.</summary>
    internal static double MemoryBytes(string path)
    {
        string directory = DirectoryOf("memory", path), v1 = Path.Combine(directory, "memory.usage_in_bytes");
        return long.Parse(File.ReadAllText(File.Exists(v1) ? v1 : Path.Combine(directory, "memory.current")), CultureInfo.InvariantCulture);
    }

    private static string DirectoryOf(string controller, string path)
    {
        string? v1 = Directory.GetDirectories("/sys/fs/cgroup").FirstOrDefault(mount => Path.GetFileName(mount).Split(',').Contains(controller));
        return (v1 ?? "/sys/fs/cgroup") + path;
    }
}
