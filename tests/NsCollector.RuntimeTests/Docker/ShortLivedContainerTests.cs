using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>
/// Containers that live shorter than the agent's interval, on an idle host and on a fully loaded one. Each exit is reported once,
/// with the right name and totals.
/// </summary>
public sealed class ShortLivedContainerTests(DockerEngine engine, ITestOutputHelper output) : DockerTests(engine)
{
    private const int Count = 300;
    private const int Parallelism = 20;
    private const int Burners = 4;
    private const int Datagrams = 20;
    private const int DatagramBytes = 1000 + 8 + 20 + 14;

    // CPU time that the cgroup has and init does not report: two processes of runc that fork init (about 2 ms), and init's exit
    // after its last line (less than 1 ms). Both include the runc process that becomes init by exec(2), because getrusage(2) counts
    // per process, so they are comparable.
    private const long OthersCpuNs = 10_000_000;

    // Other users that create and remove cgroups and namespaces may make these runc processes spin on the kernel's locks.
    private const int SpinningPercent = 5;

    // The scheduler updates a cgroup's time at a tick, getrusage(2) at the call.
    private const long RoundingNs = 1_000_000;

    [DockerFact]
    public Task Exits_of_300_short_lived_containers_are_correct() => AssertAllExitsReported("short", burners: 0);

    [DockerFact]
    public Task Exits_of_300_short_lived_containers_are_correct_under_full_load() =>
        AssertAllExitsReported("hogged", Burners);

    private async Task AssertAllExitsReported(string prefix, int burners)
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-short-").FullName;
        var hogs = new List<Process>();
        try
        {
            using var agent = new RunningAgent([.. Engine.Settings, $"network:namespace_roots={Engine.NamespaceRoot}", "agent:interval=10s"]);
            bool inRealTime = agent.WatchesInRealTime;
            // The agent says whether it got real-time priority.
            string message = inRealTime ? "has real-time priority (SCHED_FIFO)" : "no real-time priority";
            Eventually.True(() => agent.Log.Contains(message, StringComparison.Ordinal), $"the message '{message}'", () => agent.Log);
            for (int i = 0; i < burners; i++)
                hogs.Add(Command.Start(Burn.Program, "--cpu-ms", "3600000"));

            var clock = Stopwatch.StartNew();
            ShortLivedContainer[] lives = await LiveAsync(prefix, directory);
            TimeSpan took = clock.Elapsed;
            Assert.All(hogs, hog => Assert.False(hog.HasExited));
            agent.Stop();

            List<Point> points = agent.Points;
            ILookup<string, Point> exits = points.Where(point => point.Measurement == "container_exit").ToLookup(point => point.Text("container_id"));
            Assert.All(lives, life => Assert.True(exits[life.Id].Count() == 1, $"{life.Name} has {exits[life.Id].Count()} exits. {agent.Log}"));
            (ShortLivedContainer Life, Point Exit)[] ends = [.. lives.Select(life => (life, exits[life.Id].Single()))];
            (ShortLivedContainer Life, Point Exit)[] final = [.. ends.Where(end => end.Exit.Boolean("final")).OrderBy(OthersOf)];
            long[] others = [.. final.Select(OthersOf)];
            Point self = points.Last(point => point.Measurement == "nscollector" && point.Has("cycle_ns"));
            (ShortLivedContainer Life, Point Exit)[] networks = [.. ends.Where(end => end.Life.SentBytes is not null)];
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{took.TotalSeconds:F0} s, real time {inRealTime}, final {others.Length} of {Count}, CPU in addition to init's, in ms: minimum {others[0] / 1e6:F2}, p50 {others[others.Length / 2] / 1e6:F2}, p99 {others[others.Length * 99 / 100] / 1e6:F2}, maximum {others[^1] / 1e6:F2}; network final {networks.Count(end => end.Exit.Has("network_final") && end.Exit.Boolean("network_final"))} of {networks.Length}; sampled {points.Where(point => point.Measurement == "container_info").Select(point => point.Text("container_id")).Distinct().Count(lives.Select(life => life.Id).Contains)}; missed {self.Integer("containers_missed")}, found by walk {self.Integer("containers_found_by_walk")}"));

            foreach ((ShortLivedContainer life, Point exit) in ends.Where(end => !end.Exit.Boolean("final")).Concat(final.TakeLast(8)))
                output.WriteLine($"{life.Name}, {life.Burned}: {string.Join(", ", exit.Fields.Select(field => $"{field.Key}={field.Value}"))}");

            Assert.All(ends, end =>
            {
                Assert.Equal(end.Life.Name, end.Exit.Container);
                Assert.Equal(DockerEngine.BurnImage, end.Exit.Tags["image"]);
                Assert.False(end.Exit.Tags.ContainsKey("id"));
                // Both are absent if the agent saw only the runtime's helper.
                Assert.Equal(end.Exit.Has("lifetime_ns"), end.Exit.Has("exit_code"));
                if (end.Exit.Has("exit_code"))
                    Assert.Equal(end.Life.Status, end.Exit.Integer("exit_code"));
                Assert.False(end.Exit.Has("exit_signal"));
                Assert.True(!end.Exit.Has("lifetime_ns") || end.Exit.Integer("lifetime_ns") > 0);
            });
            Assert.InRange(ends.Count(end => end.Exit.Has("exit_code")), Count * 99 / 100, Count);
            Assert.All(points.Where(point => exits.Contains(point.Tags.GetValueOrDefault("id", ""))), point => Assert.Fail($"{point.Measurement} of {point.Container} has the tag id"));
            Assert.All(networks.Where(end => end.Exit.Has("network_final") && end.Exit.Boolean("network_final")), end => Assert.True(end.Exit.Integer("tx_bytes") >= end.Life.SentBytes));

            // Without real-time priority the agent may read after the runtime's clean-up; then final is false.
            if (inRealTime || burners == 0)
                Assert.InRange(others.Length, Count * 99 / 100, Count);
            Assert.True(others[0] >= -RoundingNs, $"{others[0]} ns");
            Assert.InRange(others.Count(cpuNs => cpuNs > OthersCpuNs), 0, Count * SpinningPercent / 100);
        }
        finally
        {
            foreach (Process hog in hogs)
            {
                hog.Kill();
                hog.WaitForExit();
                hog.Dispose();
            }

            Directory.Delete(directory, recursive: true);
        }
    }

    private static long OthersOf((ShortLivedContainer Life, Point Exit) end) => end.Exit.Integer("cpu_usage_ns") - end.Life.Burned.CpuNs;

    private async Task<ShortLivedContainer[]> LiveAsync(string prefix, string directory)
    {
        using var api = new EngineApi(Engine.Socket);
        var lives = new ShortLivedContainer[Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism };
        await Parallel.ForEachAsync(Enumerable.Range(0, Count), options, async (i, _) =>
        {
            // The same lives in every run: 20 ms to 2 s, mostly short. Some burn CPU until they exit.
            var random = new Random(i);
            int lifeMs = (int)(20 * Math.Pow(100, random.NextDouble()));
            int cpuMs = random.Next(1, Math.Min(lifeMs, 40));
            int lastCpuMs = i % 2 == 0 ? random.Next(1, 20) : 0;
            int code = i % 4 == 0 ? random.Next(1, 256) : 0;
            bool hasNetwork = i % 10 == 5;
            bool removesItself = i % 3 == 0;
            string name = $"{prefix}-{i}";
            string[] words = ["--cpu-ms", $"{cpuMs}", "--life-ms", $"{lifeMs}", "--last-cpu-ms", $"{lastCpuMs}", "--exit", $"{code}", "--output", $"/out/{name}"];
            if (hasNetwork)
                words = [.. words, "--send", $"{Engine.Gateway}:9:{Datagrams}"];

            string id = await api.CreateAsync(name, new
            {
                Image = DockerEngine.BurnImage,
                Cmd = words,
                HostConfig = new { NetworkMode = hasNetwork ? "default" : "none", AutoRemove = removesItself, Binds = new[] { $"{directory}:/out" } },
            });
            long status = await api.RunAsync(id);
            Assert.Equal(code, status);
            lives[i] = new ShortLivedContainer(name, id, status, Burn.OfSelf(File.ReadAllLines(Path.Combine(directory, name))), hasNetwork ? Datagrams * DatagramBytes : null);
            if (!removesItself)
                await api.RemoveAsync(id);
        });
        return lives;
    }
}
