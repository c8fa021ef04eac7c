using System.IO.Compression;
using System.Text;
using NsCollector.Linux;
using static NsCollector.Linux.Interop.NativeShim;

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
    internal static bool HasTcp(HostRoots roots, Func<SocketDumps, bool>? ask = null) =>
        IsTcpLoaded(roots) || IsBuiltIn(roots, "tcp_diag", "CONFIG_INET_TCP_DIAG", SocketDumps.Listeners, ask ?? Answers);

    /// <summary>Whether UDP sockets can be listed.</summary>
    internal static bool HasUdp(HostRoots roots, Func<SocketDumps, bool>? ask = null) =>
        IsUdpLoaded(roots) || IsBuiltIn(roots, "udp_diag", "CONFIG_INET_UDP_DIAG", SocketDumps.Listeners | SocketDumps.Udp, ask ?? Answers);

    /// <summary>Whether the module of TCP is loaded now.</summary>
    internal static bool IsTcpLoaded(HostRoots roots) => Directory.Exists(roots.Sys + "/module/tcp_diag");

    /// <summary>Whether the module of UDP is loaded now.</summary>
    internal static bool IsUdpLoaded(HostRoots roots) => Directory.Exists(roots.Sys + "/module/udp_diag");

    private static bool IsBuiltIn(HostRoots roots, string module, string option, SocketDumps dumps, Func<SocketDumps, bool> ask)
    {
        string? release = ReadLines($"{roots.Proc}/sys/kernel/osrelease")?.FirstOrDefault()?.Trim();
        if (release is null or "" || release.Contains('/', StringComparison.Ordinal)) return false;

        // A kernel without modules has no /proc/modules. It is not enough that kernel.modules_disabled = 1: the kernel would still
        // start modprobe at each request (__request_module, kernel/module/kmod.c).
        if (!File.Exists($"{roots.Proc}/modules")) return ask(dumps);
        return Contains($"/lib/modules/{release}/modules.builtin", line => line.EndsWith($"/{module}.ko", StringComparison.Ordinal))
            || Contains($"{roots.Proc}/config.gz", line => line == option + "=y")
            || Contains($"/boot/config-{release}", line => line == option + "=y");
    }

    private static unsafe bool Answers(SocketDumps dumps)
    {
        SocketCgroups none = default;
        SocketSums result = new() { Wanted = dumps };
        SocketsByCgroup(&none, &result, uint.MaxValue);
        return result.TcpError == 0 && result.UdpError == 0;
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
