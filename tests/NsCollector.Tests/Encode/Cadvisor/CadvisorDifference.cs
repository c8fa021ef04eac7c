using System.Text.RegularExpressions;

namespace NsCollector.Tests.Encode.Cadvisor;

/// <summary>What cAdvisor has in its answers and the agent does not, or with another value. docs/cadvisor-api.md has the reasons.</summary>
/// <param name="Path">The beginning of the member's path in <c>stats</c>, without indexes.</param>
/// <param name="Documented">The name in the table of the document.</param>
internal sealed partial record CadvisorDifference(string Path, string Documented)
{
    public static CadvisorDifference[] All { get; } =
    [
        new("cpu.schedstat.", "cpu.schedstat"), new("cpu.load_average", "load_average"), new("cpu.load_d_average", "load_d_average"),
        new("cpuset.", "cpuset"), new("processes.fd_count", "fd_count"), new("processes.socket_count", "socket_count"),
        new("processes.process_count", "processes.process_count"), new("task_stats.", "task_stats"), new("load_stats.", "load_stats"),
        new("filesystem.usage", "usage"), new("filesystem.totalUsageBytes", "totalUsageBytes"), new("filesystem.available", "available"), new("filesystem.inodes_free", "inodes_free"),
        new("filesystem.reads_", "filesystem"), new("filesystem.read_time", "filesystem"), new("filesystem.sectors_", "filesystem"), new("filesystem.writes_", "filesystem"),
        new("filesystem.write_time", "filesystem"), new("filesystem.io_", "filesystem"), new("filesystem.weighted_io_time", "filesystem"),
    ];

    /// <summary>The same for the root, which has the file systems of the host.</summary>
    public static CadvisorDifference[] OfRoot { get; } = [new("filesystem.base_usage", "base_usage"), new("filesystem.inline.", "filesystem")];

    /// <summary>The path of a member without the indexes of arrays.</summary>
    public static string PathOf(string path) => Indexes().Replace(path, "");

    /// <summary>Whether a member may be absent, or have another value.</summary>
    public static bool Has(string path) => Array.Exists(All, one => PathOf(path).StartsWith(one.Path, StringComparison.Ordinal));

    [GeneratedRegex("\\[\\d+\\]")]
    private static partial Regex Indexes();
}
