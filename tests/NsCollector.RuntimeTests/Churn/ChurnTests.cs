using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.RuntimeTests.Churn;

/// <summary>Thousands of containers are created and removed: each exit is reported once, and nothing leaks.</summary>
[Collection(AloneCollection.Name)]
public sealed class ChurnTests(ITestOutputHelper output) : IDisposable
{
    private const int Permanent = 200;
    private const int ShortLived = 2_000;
    private const int Seconds = 110;

    /// <summary>Tolerance for other containers of this host that start or stop during the test.</summary>
    private const int OthersDescriptors = 30, OthersWatches = 60;

    /// <summary>
    /// The permitted growth of memory between 500 and 2,000 exited containers, in KiB: twice the size of the garbage collector's
    /// first generation (GCgen0size), which it may fill before it collects.
    /// </summary>
    private const long GrowthKib = 8 * 1024;

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-churn-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [RequiresFact("cc")]
    public void Churn_of_2000_containers_reports_each_exit_once_and_leaks_nothing()
    {
        string metrics = Path.Combine(_directory, "metrics.lp");
        using var fleet = new Fleet(_directory, Permanent, ShortLived, Seconds);
        using Process agent = AgentProgram.Run(
            metrics, "agent:interval=1s", "file:main:rotate_size=0", "network:protocols=off", "network:loopback=on", "cgroup:pressure=off",
            $"discovery:cgroup_paths=/{Fleet.Name}/{Fleet.Name}-*", $"discovery:docker_roots={fleet.DockerRoot}",
            $"filter:include=cgroup/{Fleet.Name}-*, docker/churn-*");
        try
        {
            // Wait until discovery no longer rechecks the permanent containers, which it does in their first seconds.
            Thread.Sleep(TimeSpan.FromSeconds(15));
            ProcessResources before = ProcessResources.Read(agent.Id);
            var threadsBefore = ProcessResources.ReadThreads(agent.Id);
            long lateCyclesBefore = LastOwn(metrics).Integer("cycles_late");
            var clock = Stopwatch.StartNew();
            fleet.Begin();
            Eventually.True(() => File.Exists(fleet.Log) && RemovedCount(fleet) >= ShortLived / 4, "a quarter is removed", patience: TimeSpan.FromSeconds(Seconds * 3 / 4.0));
            ProcessResources quarter = ProcessResources.Read(agent.Id);
            fleet.WaitForEnd(ShortLived, TimeSpan.FromSeconds(Seconds * 3));
            double churnSeconds = clock.Elapsed.TotalSeconds;
            var threads = ProcessResources.ReadThreads(agent.Id);
            ProcessResources full = ProcessResources.Read(agent.Id);
            Report("before", before);
            Report("a quarter removed", quarter);
            Report("all removed", full);
            foreach ((string name, (long cpuNs, long waitedNs)) in threads)
            {
                (long cpuBefore, long waitedBefore) = threadsBefore.GetValueOrDefault(name);
                output.WriteLine($"{name}: {(cpuNs - cpuBefore) / 1e6 / churnSeconds:F2} ms of CPU per second, waited {(waitedNs - waitedBefore) / 1e6 / churnSeconds:F2} ms per second for a processor");
            }

            // ---- what the kernel still holds of them

            Eventually.True(() => Fleet.ShortLivedLinks == 0, "all interfaces are gone, and so all network namespaces", () => $"{Fleet.ShortLivedLinks} are left");
            Eventually.True(() => DyingCgroups() < ShortLived / 100, "the kernel has freed the cgroups", () => $"{DyingCgroups()} are dying");

            // Wait until the agent no longer rechecks the exited containers.
            Thread.Sleep(TimeSpan.FromSeconds(12));
            ProcessResources after = ProcessResources.Read(agent.Id);
            Report("afterwards", after);
            Assert.InRange(after.Descriptors, 1, before.Descriptors + OthersDescriptors);
            Assert.InRange(after.Watches, 1, before.Watches + OthersWatches);
            Assert.InRange(after.ThreadCount, 1, before.ThreadCount);
            Assert.InRange(full.AnonymousKib, 1, quarter.AnonymousKib + GrowthKib);

            Assert.Equal(0, AgentProgram.Stop(agent));

            // A thread that gets no processor is late: allow for the time that it waited for one.
            int Allowance(string thread, int waitedMs) => (int)((threads[thread].WaitedNs - threadsBefore[thread].WaitedNs) / 1_000_000 / waitedMs);
            AssertLines(metrics, ChurnContainer.ReadLog(fleet.Log), lateCyclesBefore, missed: Allowance("discovery", 1_000), late: Allowance("sampling", 500));
        }
        finally
        {
            AgentProgram.Stop(agent);
        }
    }

    /// <param name="metrics">The file that the agent wrote.</param>
    /// <param name="shortLived">The short-lived containers.</param>
    /// <param name="lateCyclesBefore">The late cycles that it had counted before the churn.</param>
    /// <param name="missed">How many exits it may miss because it got no processor; 0 on an idle host.</param>
    /// <param name="late">How many late cycles are permitted for the same reason.</param>
    private void AssertLines(string metrics, ChurnContainer[] shortLived, long lateCyclesBefore, int missed, int late)
    {
        Assert.Equal(ShortLived, shortLived.Length);
        var exits = new Dictionary<string, Point>();
        var sampled = new HashSet<string>();
        var counters = new Dictionary<(string Series, string Field), (long First, long Last)>();
        var inCycle = new HashSet<string>();
        int cycles = 0;
        bool hasAll = false;
        Point? own = null;
        foreach (Point point in Points(metrics))
        {
            if (point.Measurement == "nscollector")
            {
                // This point ends a cycle. After the first cycle with all permanent containers, every cycle must have them.
                if (hasAll || inCycle.Count == Permanent)
                {
                    hasAll = true;
                    cycles++;
                    Assert.True(inCycle.Count == Permanent, $"cycle {cycles} has {inCycle.Count} of {Permanent}");
                }

                inCycle.Clear();
                own = point;
                continue;
            }

            string container = point.Container!;
            if (point.Measurement == "container_exit")
            {
                Assert.True(exits.TryAdd(point.Text("container_id"), point), $"{container} has two exits");
            }
            else if (container.StartsWith("churn-", StringComparison.Ordinal))
            {
                sampled.Add(container);
            }
            else
            {
                if (point.Measurement == "container_cpu") Assert.True(inCycle.Add(container), $"{container} occurs twice in a cycle");
                string series = $"{container} {point.Tags.GetValueOrDefault("interface")}";
                foreach (string field in (string[])["usage_ns", "rx_bytes", "tx_bytes"])
                {
                    if (!point.Has(field)) continue;
                    long value = point.Integer(field);
                    (long first, long last) = counters.GetValueOrDefault((series, field), (value, value));
                    Assert.True(value >= last, $"{field} of {series} fell from {last} to {value}");
                    counters[(series, field)] = (first, value);
                }
            }
        }

        // Each sends itself a datagram of 128 bytes twice a second.
        Assert.True(cycles >= Seconds, $"only {cycles} cycles");
        Assert.Equal(Permanent, counters.Count(counter => counter.Key.Field == "usage_ns" && counter.Value.Last > counter.Value.First));
        Assert.Equal(Permanent, counters.Count(counter => counter.Key.Series.EndsWith(" lo", StringComparison.Ordinal) && counter.Key.Field == "rx_bytes"
            && counter.Value.Last - counter.Value.First >= 128L * Seconds));

        // ---- the short-lived containers

        ChurnContainer[] reported = [.. shortLived.Where(container => exits.ContainsKey(container.Id))];
        int final = exits.Values.Count(exit => exit.Fields["final"] is true);
        long[] lateNs = [.. reported.Select(container => exits[container.Id].TimestampNs - container.EndedNs).Order()];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{reported.Length} exits reported, {final} final, {sampled.Count} sampled; exits detected after {lateNs[reported.Length / 2] / 1e6:F2} ms (median), {lateNs[reported.Length * 99 / 100] / 1e6:F2} (p99), {lateNs[^1] / 1e6:F2} (maximum); {cycles} cycles; allowed: {missed} missed, {late} late"));
        output.WriteLine(string.Join(", ", own!.Fields.Select(field => $"{field.Key}={field.Value}")));

        // One exit each; missed exits were counted.
        Assert.Empty(exits.Keys.Except(shortLived.Select(container => container.Id)));
        Assert.InRange(own.Integer("containers_missed"), 0, missed);
        int withoutTotals = reported.Count(container => !exits[container.Id].Has("cpu_usage_ns") && !sampled.Contains(container.Name));

        // A container whose processes were gone at the first look may have samples but no exit.
        int withoutEnd = shortLived.Count(container => !exits.ContainsKey(container.Id) && sampled.Contains(container.Name));
        Assert.InRange(withoutEnd, 0, missed);
        Assert.InRange(reported.Length + own.Integer("containers_missed") + withoutEnd, ShortLived, ShortLived + withoutTotals);
        Assert.Equal(reported.Length, own.Integer("containers_ended"));
        int exact = 0;
        foreach (ChurnContainer container in reported)
        {
            Point exit = exits[container.Id];
            Assert.Equal(container.Name, exit.Container);
            Assert.Equal("docker", exit.Tags["runtime"]);
            if (exit.Has("exit_code")) Assert.Equal(container.ExitStatus, exit.Integer("exit_code"));
            if (exit.Fields["final"] is not true || container.CpuNs < 0) continue;
            long cpuNs = exit.Integer("cpu_usage_ns");
            Assert.InRange(cpuNs, 0, container.CpuNs);
            if (container.CpuNs - cpuNs < 100_000) exact++;
        }

        output.WriteLine($"{exact} with exactly the kernel's final CPU time, or at most 0.1 ms less");
        Assert.InRange(final, (ShortLived * 99 / 100) - missed, ShortLived);
        Assert.InRange(exact, (ShortLived * 97 / 100) - missed, ShortLived);

        // A container that lives 50 ms may exit during a cycle over the others. It has final totals even without a sample.
        Assert.InRange(sampled.Count, (ShortLived * 90 / 100) - missed, ShortLived);

        foreach (string field in (string[])["events_lost", "inotify_overflows", "watches_over_limit", "watch_errors", "namespace_fds_held", "setns_errors", "points_unencodable"])
            Assert.True(own.Integer(field) == 0, $"{field} is {own.Integer(field)}");
        Assert.Equal(Permanent, own.Integer("containers"));
        Assert.InRange(own.Integer("cycles_late") - lateCyclesBefore, 0, late);
    }

    /// <summary>The points to check: the agent's point of each cycle, and those of containers. Checks that no sink dropped points.</summary>
    private static IEnumerable<Point> Points(string metrics)
    {
        foreach (string line in File.ReadLines(metrics))
        {
            if (!line.StartsWith("nscollector,", StringComparison.Ordinal) && !line.StartsWith("container_exit,", StringComparison.Ordinal)
                && !line.StartsWith("container_cpu,", StringComparison.Ordinal) && !line.StartsWith("container_network,", StringComparison.Ordinal)) continue;
            Point point = StrictParser.ParseAll(line + "\n")[0];
            if (!point.Tags.ContainsKey("sink")) yield return point;
            else Assert.Equal(0, point.Integer("dropped_points"));
        }
    }

    private static Point LastOwn(string metrics) => AgentProgram.ReadFile(metrics).Last(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink"));

    private static int RemovedCount(Fleet fleet) => File.ReadLines(fleet.Log).Count();

    /// <summary>The removed cgroups of the unified hierarchy that the kernel still holds; 0 without such a hierarchy.</summary>
    private static int DyingCgroups() => ((string[])["/sys/fs/cgroup", "/sys/fs/cgroup/unified"])
        .Select(mount => $"{mount}/{Fleet.Name}/docker/cgroup.stat")
        .Where(File.Exists)
        .SelectMany(File.ReadLines)
        .Where(line => line.StartsWith("nr_dying_descendants ", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture))
        .FirstOrDefault();

    private void Report(string when, ProcessResources resources) => output.WriteLine($"{when}: {resources}; load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
}
