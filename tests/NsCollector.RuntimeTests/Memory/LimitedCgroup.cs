using System.Diagnostics;
using System.Globalization;

namespace NsCollector.RuntimeTests.Memory;

/// <summary>A memory cgroup with a limit, in which the agent runs. Dispose removes it.</summary>
internal sealed class LimitedCgroup : IDisposable
{
    private static readonly bool IsV1 = Directory.Exists("/sys/fs/cgroup/memory");
    private readonly string _directory = (IsV1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup") + $"/nsc-limited-{Environment.ProcessId}";

    internal LimitedCgroup(long limitBytes)
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(Path.Combine(_directory, IsV1 ? "memory.limit_in_bytes" : "memory.max"), limitBytes.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>What the kernel charges to it, in bytes.</summary>
    internal long UsageBytes => long.Parse(Text(IsV1 ? "memory.usage_in_bytes" : "memory.current"), CultureInfo.InvariantCulture);

    /// <summary>How many processes the kernel has killed in it for lack of memory.</summary>
    internal long OomKills => long.Parse(
        Text(IsV1 ? "memory.oom_control" : "memory.events").Split('\n').First(line => line.StartsWith("oom_kill ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>Starts a program in it, so that all its memory is charged there.</summary>
    internal Process Start(string[] words)
    {
        Process process = Command.Start("sh", ["-c", $"echo $$ > {_directory}/cgroup.procs; exec \"$@\"", "sh", .. words]);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    public void Dispose() => Directory.Delete(_directory);

    private string Text(string file) => File.ReadAllText(Path.Combine(_directory, file));
}
