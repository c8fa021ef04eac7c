using System.IO.Compression;
using System.Text;

namespace NsCollector.Linux;

/// <summary>
/// Whether a part of the kernel is there, without loading it: a request for one whose module is absent would make the kernel load that,
/// and the agent changes nothing on the host.
/// </summary>
internal static class KernelModules
{
    // The configuration of a kernel is about 250 KB.
    private const int MaxConfigurationLines = 100_000;

    /// <summary>Whether a module is loaded now.</summary>
    internal static bool IsLoaded(HostRoots roots, string module) => Directory.Exists($"{roots.Sys}/module/{module}");

    /// <summary>Whether it is known to be built in. It is if the kernel has no modules and answers.</summary>
    /// <param name="roots">The host's procfs.</param>
    /// <param name="module">The name of its module, with underscores.</param>
    /// <param name="option">Its option in the kernel's configuration.</param>
    /// <param name="ask">Makes a request that it answers.</param>
    internal static bool IsBuiltIn(HostRoots roots, string module, string option, Func<bool> ask)
    {
        string? release = ReadLines($"{roots.Proc}/sys/kernel/osrelease")?.FirstOrDefault()?.Trim();
        if (release is null or "" || release.Contains('/', StringComparison.Ordinal)) return false;

        // A kernel without modules has no /proc/modules. It is not enough that kernel.modules_disabled = 1: the kernel would still
        // start modprobe at each request (__request_module, kernel/module/kmod.c).
        if (!File.Exists($"{roots.Proc}/modules")) return ask();
        return Contains($"/lib/modules/{release}/modules.builtin", line => line.EndsWith($"/{module}.ko", StringComparison.Ordinal))
            || Contains($"{roots.Proc}/config.gz", line => line == option + "=y")
            || Contains($"/boot/config-{release}", line => line == option + "=y");
    }

    private static bool Contains(string path, Func<string, bool> isWanted) => ReadLines(path)?.Any(isWanted) ?? false;

    private static List<string>? ReadLines(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            using Stream text = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
            using var reader = new StreamReader(text, Encoding.UTF8);
            var lines = new List<string>();
            while (lines.Count < MaxConfigurationLines && reader.ReadLine() is { } line) lines.Add(line);
            return lines;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }
}
