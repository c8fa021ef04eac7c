using System.IO.Compression;
using System.Text;
using NsCollector.Linux;

namespace NsCollector.Sample.Connections;

/// <summary>
/// Tells whether the kernel answers inet_diag requests without loading a module: a request for a protocol whose module is absent
/// makes the kernel load it (sock_load_diag_module, net/core/sock_diag.c), and the agent changes nothing on the host.
/// </summary>
internal static class DiagnosticModules
{
    // The configuration of a kernel is about 250 KB.
    private const int MaxConfigurationLines = 100_000;

    /// <summary>Whether TCP sockets can be listed. Needs inet_diag as well, on which tcp_diag depends.</summary>
    internal static bool HasTcp(HostRoots roots) => Has(roots, "tcp_diag", "CONFIG_INET_TCP_DIAG");

    /// <summary>Whether UDP sockets can be listed.</summary>
    internal static bool HasUdp(HostRoots roots) => Has(roots, "udp_diag", "CONFIG_INET_UDP_DIAG");

    private static bool Has(HostRoots roots, string module, string option)
    {
        if (Directory.Exists($"{roots.Sys}/module/{module}") || CannotLoadModules(roots)) return true;
        string? release = ReadLines($"{roots.Proc}/sys/kernel/osrelease")?.FirstOrDefault()?.Trim();
        if (release is null or "" || release.Contains('/', StringComparison.Ordinal)) return false;
        return Contains($"/lib/modules/{release}/modules.builtin", line => line.EndsWith($"/{module}.ko", StringComparison.Ordinal))
            || Contains($"{roots.Proc}/config.gz", line => line == option + "=y")
            || Contains($"/boot/config-{release}", line => line == option + "=y");
    }

    // A request is then answered or refused. A kernel without modules has no /proc/modules.
    private static bool CannotLoadModules(HostRoots roots) =>
        File.Exists($"{roots.Proc}/sys/kernel/osrelease")
        && (!File.Exists($"{roots.Proc}/modules") || ReadLines($"{roots.Proc}/sys/kernel/modules_disabled")?.FirstOrDefault() == "1");

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
