using System.Globalization;
using System.Runtime.InteropServices;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Serve.Docker.Host;

/// <summary>What /version and /info show of the host. A text that cannot be read is null. Immutable.</summary>
/// <param name="KernelVersion">/proc/sys/kernel/osrelease.</param>
/// <param name="Name">The host's name.</param>
/// <param name="OperatingSystem">PRETTY_NAME of os-release(5).</param>
/// <param name="OperatingSystemVersion">VERSION_ID of os-release(5).</param>
/// <param name="MachineId">/etc/machine-id.</param>
/// <param name="Cpus">The processors that are online; 0 if not known.</param>
/// <param name="MemoryBytes">The memory of the host; 0 if not known.</param>
internal sealed record HostFacts(
    string? KernelVersion, string? Name, string? OperatingSystem, string? OperatingSystemVersion, string? MachineId, int Cpus, long MemoryBytes)
{
    private const int MaxFileBytes = 1 << 20;

    // A power of two, as the maximum is.
    private const int FirstReadCharacters = 4 << 10;

    /// <summary>The architecture by Go's name (GOARCH).</summary>
    internal static string GoArchitecture => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>The architecture by the kernel's name.</summary>
    internal static string KernelArchitecture => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";

    /// <summary>Reads them.</summary>
    internal static HostFacts Read(HostRoots roots)
    {
        string[] release = Lines(roots.Proc + "/1/root/etc/os-release") ?? Lines("/etc/os-release") ?? [];
        return new HostFacts(
            KernelOf(roots),
            Lines(roots.Proc + "/sys/kernel/hostname")?.FirstOrDefault(),
            Value(release, "PRETTY_NAME"),
            Value(release, "VERSION_ID"),
            MachineIdentity.Read(roots).MachineId,
            (Lines(roots.Proc + "/stat") ?? []).Count(line => line.StartsWith("cpu", StringComparison.Ordinal) && line.Length > 3 && char.IsAsciiDigit(line[3])),
            MemoryOf(Lines(roots.Proc + "/meminfo")?.FirstOrDefault()));
    }

    /// <summary>The release of the kernel; null if it is not known.</summary>
    internal static string? KernelOf(HostRoots roots) => Lines(roots.Proc + "/sys/kernel/osrelease")?.FirstOrDefault();

    /// <summary>Whether a switch of the kernel is on (/proc/sys); null if the kernel does not have it.</summary>
    internal static bool? Switch(HostRoots roots, string name) => Lines($"{roots.Proc}/sys/{name}")?.FirstOrDefault() is { } text ? text != "0" : null;

    /// <summary>Whether a file of a controller exists in a cgroup of the host.</summary>
    /// <param name="mounts">The hierarchies.</param>
    /// <param name="controller">The controller, by its name of cgroup v1.</param>
    /// <param name="fileV1">The file of v1.</param>
    /// <param name="fileV2">The file of v2, which only cgroups below the root have.</param>
    internal static bool HasCgroupFile(CgroupMounts mounts, string controller, string fileV1, string fileV2)
    {
        if (mounts.For(controller) is not { } hierarchy) return false;
        if (!hierarchy.IsV2) return File.Exists($"{hierarchy.MountPoint}/{fileV1}");
        try
        {
            return Directory.EnumerateDirectories(hierarchy.MountPoint).Any(directory => File.Exists($"{directory}/{fileV2}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? Value(string[] release, string key)
    {
        string? line = release.FirstOrDefault(line => line.StartsWith(key + "=", StringComparison.Ordinal));
        return line?[(key.Length + 1)..].Trim().Trim('"', '\'');
    }

    // MemTotal: N kB, the first line of meminfo.
    private static long MemoryOf(string? line)
    {
        string[] words = (line ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is ["MemTotal:", { } number, "kB"] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes) ? kibibytes * 1024 : 0;
    }

    private static string[]? Lines(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            char[] text = new char[FirstReadCharacters];
            int length = reader.ReadBlock(text);
            while (length == text.Length && length < MaxFileBytes)
            {
                Array.Resize(ref text, length * 2);
                length += reader.ReadBlock(text, length, length);
            }

            return new string(text, 0, length).Split('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
