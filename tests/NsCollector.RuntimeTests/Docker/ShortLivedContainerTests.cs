using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>
/// Containers that live shorter than the agent's interval, on an idle host and on a fully loaded one. Each exit is reported once,
/// with the right name and totals.
/// </summary>
[Collection(AloneDockerCollection.Name)]
public sealed class ShortLivedContainerTests(DockerEngine engine, ITestOutputHelper output) : DockerTests(engine)
{
    private const int Count = 150;
    private const int Parallelism = 20;
    private const int Burners = 4;
    private const int Datagrams = 20;
    private const int DatagramBytes = 1000 + 8 + 20 + 14;

    // CPU time of init's exit after it has read its cgroup's time: a few system calls, about 1 ms, and 4 ms on a slow machine with a
    // load of 50. The processes of runc that fork init have exited before, so the reading has their time. Time counted twice would
    // be the reading again: that of runc and of burn, at least 15 ms on average.
    private const long ExitCpuNs = 10_000_000;

    // Other users that create and remove cgroups and namespaces may make an exit spin on the kernel's locks.
    private const int SpinningPercent = 5;

    [DockerFact]
    public Task Exits_of_short_lived_containers_are_correct() => AssertAllExitsReported("short", burners: 0);

    [DockerFact]
    public Task Exits_of_short_lived_containers_are_correct_under_full_load() =>
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
            (ShortLivedContainer Life, Point Exit)[] final = [.. ends.Where(end => end.Exit.Boolean("final")).OrderBy(AfterReading)];
            long[] after = [.. final.Select(AfterReading)];
            long[] readings = [.. final.Select(end => end.Life.CgroupNs).Order()];
            Point self = points.Last(point => point.Measurement == "nscollector" && point.Has("cycle_ns"));
            (ShortLivedContainer Life, Point Exit)[] networks = [.. ends.Where(end => end.Life.SentBytes is not null)];
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{took.TotalSeconds:F0} s, real time {inRealTime}, final {after.Length} of {Count}, CPU after the last reading, in ms: minimum {after[0] / 1e6:F2}, p50 {after[after.Length / 2] / 1e6:F2}, p99 {after[after.Length * 99 / 100] / 1e6:F2}, maximum {after[^1] / 1e6:F2}; readings: minimum {readings[0] / 1e6:F2}, p50 {readings[readings.Length / 2] / 1e6:F2}; network final {networks.Count(end => end.Exit.Has("network_final") && end.Exit.Boolean("network_final"))} of {networks.Length}; sampled {points.Where(point => point.Measurement == "container_info").Select(point => point.Text("container_id")).Distinct().Count(lives.Select(life => life.Id).Contains)}; missed {self.Integer("containers_missed")}, found by walk {self.Integer("containers_found_by_walk")}"));

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
                Assert.InRange(after.Length, Count * 99 / 100, Count);
            Assert.True(after[0] >= 0, $"{after[0]} ns");
            Assert.InRange(after.Count(cpuNs => cpuNs > ExitCpuNs), 0, Count * SpinningPercent / 100);

            // Had the agent counted everything twice, the test would have found it.
            Assert.InRange(readings.Count(cpuNs => cpuNs > ExitCpuNs), (Count * 2 * SpinningPercent / 100) + 1, Count);
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

    private static long AfterReading((ShortLivedContainer Life, Point Exit) end) => end.Exit.Integer("cpu_usage_ns") - end.Life.CgroupNs;

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
            string[] words = ["--cpu-ms", $"{cpuMs}", "--life-ms", $"{lifeMs}", "--last-cpu-ms", $"{lastCpuMs}", "--exit", $"{code}", "--output", $"/out/{name}", "--cgroup-file", ProcessCgroup.CpuFileInContainer];
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
            string[] lines = File.ReadAllLines(Path.Combine(directory, name));
            lives[i] = new ShortLivedContainer(name, id, status, Burn.OfSelf(lines), Burn.OfCgroup(lines), hasNetwork ? Datagrams * DatagramBytes : null);
            if (!removesItself)
                await api.RemoveAsync(id);
        });
        return lives;
    }
}
