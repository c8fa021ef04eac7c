using System.Diagnostics;

namespace NsCollector.RuntimeTests.Memory;

/// <summary>The agent closes held files rather than be killed by the kernel at the memory limit of its cgroup.</summary>
[Collection(AloneCollection.Name)]
public sealed class MemoryLimitTests : IDisposable
{
    private const int Containers = 900;
    private const int Cycles = 100;
    private const long MB = 1_000_000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>To hold all files of 900 containers takes 112 MB; 0.1.0 was killed at 90 MB.</summary>
    [RequiresExecutableFact]
    public void Agent_with_900_containers_lives_in_80_MB_and_misses_none()
    {
        using var containers = new TestCgroups();
        string name = containers.Parent[1..];
        for (int number = 0; number < Containers; number++) containers.Make($"{name}-{number}");
        using var cgroup = new LimitedCgroup(80 * MB);
        string metrics = _directory["metrics.lp"];
        using Process agent = cgroup.Start(AgentProgram.Words(AgentProgram.RunArguments(
            metrics, "agent:interval=250ms", "file:main:rotate_size=0", "cgroup:max_held_files=0",
            $"discovery:cgroup_paths={containers.Parent}/*", $"filter:include=cgroup/{name}-*")));
        try
        {
            Eventually.True(() => agent.HasExited || Own(metrics).Length > Cycles, "100 cycles", patience: TimeSpan.FromMinutes(3));
            Assert.False(agent.HasExited);
            Assert.Equal(0, cgroup.OomKills);
            Point[] own = Own(metrics);
            Assert.All(own, point => Assert.Equal(Containers, point.Integer("containers")));
            Assert.Equal(0, own[^1].Integer("read_errors"));

            // It used what it could: not none, and not all.
            Assert.InRange(own.Max(point => point.Integer("files_held")), 1000, 15_000);
            Assert.Equal(80 * MB / 4096 * 4096, own[^1].Integer("cgroup_memory_limit_bytes"));
            Assert.InRange(own[^1].Integer("cgroup_kernel_memory_bytes"), 20 * MB, 80 * MB);
            Assert.InRange(own[^1].Integer("cgroup_memory_bytes"), cgroup.UsageBytes - 10 * MB, cgroup.UsageBytes + 10 * MB);
        }
        finally
        {
            AgentProgram.Stop(agent);
        }
    }

    private static Point[] Own(string metrics) => !File.Exists(metrics) ? [] :
    [
        .. File.ReadLines(metrics).Where(line => line.StartsWith("nscollector,", StringComparison.Ordinal) && !line.Contains(",sink=", StringComparison.Ordinal))
            .Where(line => line.Contains("files_held=", StringComparison.Ordinal)).Select(line => StrictParser.ParseAll(line + "\n")[0]),
    ];
}
