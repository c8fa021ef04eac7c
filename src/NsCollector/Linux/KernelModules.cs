using System.IO.Compression;
using System.Text;

namespace NsCollector.Linux;

/// <summary>
/// Tells whether a part of the kernel is there without a request to it, which could make the kernel load a module: the agent changes
/// nothing on the host.
/// </summary>
internal static class KernelModules
{
    /// <summary>How often it is worth looking for a module that another program may have loaded, in nanoseconds.</summary>
    internal const long RecheckNs = 60_000_000_000;

    // The configuration of a kernel is about 250 KB.
    private const int MaxConfigurationLines = 100_000;

    /// <summary>Whether a module is loaded now.</summary>
    internal static bool IsLoaded(HostRoots roots, string module) => Directory.Exists($"{roots.Sys}/module/{module}");

    /// <summary>Whether the kernel can load modules at all. One that cannot does not try to; null if the directory is not procfs.</summary>
    /// <remarks>
    /// It is not enough that kernel.modules_disabled = 1: the kernel would still start modprobe at each request (__request_module,
    /// kernel/module/kmod.c).
    /// </remarks>
    internal static bool? CanLoad(HostRoots roots) => Release(roots) is null ? null : File.Exists($"{roots.Proc}/modules");

    /// <summary>Whether the kernel is known to have a part built in.</summary>
    /// <param name="roots">The host's procfs.</param>
    /// <param name="module">The name that it has as a module.</param>
    /// <param name="option">The option of the kernel's configuration.</param>
    internal static bool IsBuiltIn(HostRoots roots, string module, string option) => Release(roots) is { } release
        && (Contains($"/lib/modules/{release}/modules.builtin", line => line.EndsWith($"/{module}.ko", StringComparison.Ordinal))
            || Contains($"{roots.Proc}/config.gz", line => line == option + "=y")
            || Contains($"/boot/config-{release}", line => line == option + "=y"));

    /// <summary>Whether the kernel has a part built in. One that cannot load modules is asked: nothing happens if it does not have the part.</summary>
    /// <param name="roots">The host's procfs.</param>
    /// <param name="module">The name that it has as a module.</param>
    /// <param name="option">The option of the kernel's configuration.</param>
    /// <param name="ask">Makes a request for the part, and tells whether it was answered.</param>
    internal static bool IsBuiltIn(HostRoots roots, string module, string option, Func<bool> ask) =>
        CanLoad(roots) == false ? ask() : IsBuiltIn(roots, module, option);

    private static string? Release(HostRoots roots)
    {
        string? release = ReadLines($"{roots.Proc}/sys/kernel/osrelease")?.FirstOrDefault()?.Trim();
        return release is null or "" || release.Contains('/', StringComparison.Ordinal) ? null : release;
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
