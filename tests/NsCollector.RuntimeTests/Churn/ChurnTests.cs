using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.RuntimeTests.Churn;

/// <summary>Containers come and go by the thousand: each end is told once, and nothing is left behind of any.</summary>
public sealed class ChurnTests(ITestOutputHelper output) : IDisposable
{
    private const int Standing = 200;
    private const int Brief = 2_000;
    private const int Seconds = 110;

    /// <summary>Other containers of this host, whose cgroups are looked at too, may come and go meanwhile.</summary>
    private const int OthersDescriptors = 30, OthersWatches = 60;

    /// <summary>
    /// So much the memory may grow from 500 containers that came and went to 2,000: twice what the garbage collector's first
    /// generation may take (GCgen0size), before it looks for what can go.
    /// </summary>
    private const long GrowthKib = 8 * 1024;

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-churn-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [RequiresFact("cc")]
    public void Churn_of_2000_containers_reports_each_exit_once_and_leaks_nothing()
    {
        string metrics = Path.Combine(_directory, "metrics.lp");
        using var fleet = new Fleet(_directory, Standing, Brief, Seconds);
        using Process agent = AgentProgram.Run(
            metrics, "agent:interval=1s", "file:main:rotate_size=0", "network:protocols=off", "network:loopback=on", "cgroup:pressure=off",
            $"discovery:cgroup_paths=/{Fleet.Name}/{Fleet.Name}-*", $"discovery:docker_roots={fleet.DockerRoot}",
            $"filter:include=cgroup/{Fleet.Name}-*, docker/churn-*");
        try
        {
            // The first seconds of a container, in which it is looked at again and again, are over.
            Thread.Sleep(TimeSpan.FromSeconds(15));
            ProcessResources before = ProcessResources.Read(agent.Id);
            var threadsBefore = ProcessResources.ReadThreads(agent.Id);
            long lateBefore = LastOwn(metrics).Integer("cycles_late");
            var clock = Stopwatch.StartNew();
            fleet.Begin();
            Eventually.True(() => File.Exists(fleet.Log) && Gone(fleet) >= Brief / 4, "the first quarter to be gone", patience: TimeSpan.FromSeconds(Seconds * 3 / 4.0));
            ProcessResources quarter = ProcessResources.Read(agent.Id);
            fleet.WaitForEnd(Brief, TimeSpan.FromSeconds(Seconds * 3));
            double churnSeconds = clock.Elapsed.TotalSeconds;
            var threads = ProcessResources.ReadThreads(agent.Id);
            ProcessResources full = ProcessResources.Read(agent.Id);
            Say("before", before);
            Say("a quarter gone", quarter);
            Say("all gone", full);
            foreach ((string name, (long cpuNs, long waitedNs)) in threads)
            {
                (long cpuBefore, long waitedBefore) = threadsBefore.GetValueOrDefault(name);
                output.WriteLine($"{name}: {(cpuNs - cpuBefore) / 1e6 / churnSeconds:F2} ms of CPU a second, waited {(waitedNs - waitedBefore) / 1e6 / churnSeconds:F2} ms a second for it");
            }

            // ---- what the kernel still has of them

            Eventually.True(() => Fleet.BriefLinks == 0, "every interface and with it every network namespace to be gone", () => $"{Fleet.BriefLinks} are left");
            Eventually.True(() => DyingCgroups() < Brief / 100, "the cgroups to be gone for good", () => $"{DyingCgroups()} are dying");

            // What is looked at for some seconds after an end is over.
            Thread.Sleep(TimeSpan.FromSeconds(12));
            ProcessResources after = ProcessResources.Read(agent.Id);
            Say("afterwards", after);
            Assert.InRange(after.Descriptors, 1, before.Descriptors + OthersDescriptors);
            Assert.InRange(after.Watches, 1, before.Watches + OthersWatches);
            Assert.InRange(after.ThreadCount, 1, before.ThreadCount);
            Assert.InRange(full.AnonymousKib, 1, quarter.AnonymousKib + GrowthKib);

            Assert.Equal(0, AgentProgram.Stop(agent));

            // A thread that is given no processor cannot be in time: what cannot be held against it while it waited for one.
            int Excused(string thread, int waitedMs) => (int)((threads[thread].WaitedNs - threadsBefore[thread].WaitedNs) / 1_000_000 / waitedMs);
            Judge(metrics, BriefContainer.ReadLog(fleet.Log), lateBefore, missed: Excused("discovery", 1_000), late: Excused("sampling", 500));
        }
        finally
        {
            AgentProgram.Stop(agent);
        }
    }

    /// <param name="metrics">What the agent wrote.</param>
    /// <param name="brief">What came and went.</param>
    /// <param name="lateBefore">How many late cycles it had counted before.</param>
    /// <param name="missed">How many it may have missed for lack of a processor; 0 on a host that has one.</param>
    /// <param name="late">The same of late cycles.</param>
    private void Judge(string metrics, BriefContainer[] brief, long lateBefore, int missed, int late)
    {
        Assert.Equal(Brief, brief.Length);
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
                // The last point of a cycle. From the first one that had them all on, every one has.
                if (hasAll || inCycle.Count == Standing)
                {
                    hasAll = true;
                    cycles++;
                    Assert.True(inCycle.Count == Standing, $"cycle {cycles} has {inCycle.Count} of {Standing}");
                }

                inCycle.Clear();
                own = point;
                continue;
            }

            string container = point.Container!;
            if (point.Measurement == "container_exit")
            {
                Assert.True(exits.TryAdd(point.Text("container_id"), point), $"{container} ended twice");
            }
            else if (container.StartsWith("churn-", StringComparison.Ordinal))
            {
                sampled.Add(container);
            }
            else
            {
                if (point.Measurement == "container_cpu") Assert.True(inCycle.Add(container), $"{container} twice in a cycle");
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

        // They send themselves a datagram of 128 bytes twice a second.
        Assert.True(cycles >= Seconds, $"only {cycles} cycles");
        Assert.Equal(Standing, counters.Count(counter => counter.Key.Field == "usage_ns" && counter.Value.Last > counter.Value.First));
        Assert.Equal(Standing, counters.Count(counter => counter.Key.Series.EndsWith(" lo", StringComparison.Ordinal) && counter.Key.Field == "rx_bytes"
            && counter.Value.Last - counter.Value.First >= 128L * Seconds));

        // ---- those that came and went

        BriefContainer[] told = [.. brief.Where(container => exits.ContainsKey(container.Id))];
        int final = exits.Values.Count(exit => exit.Fields["final"] is true);
        long[] lateNs = [.. told.Select(container => exits[container.Id].TimestampNs - container.EndedNs).Order()];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{told.Length} ends told, {final} final, {sampled.Count} sampled; seen to end after {lateNs[told.Length / 2] / 1e6:F2} ms (median), {lateNs[told.Length * 99 / 100] / 1e6:F2} (p99), {lateNs[^1] / 1e6:F2} (most); {cycles} cycles; excused: {missed} missed, {late} late"));
        output.WriteLine(string.Join(", ", own!.Fields.Select(field => $"{field.Key}={field.Value}")));

        // Each end once; what was missed was counted.
        Assert.Empty(exits.Keys.Except(brief.Select(container => container.Id)));
        Assert.InRange(own.Integer("containers_missed"), 0, missed);
        int withoutTotals = told.Count(container => !exits[container.Id].Has("cpu_usage_ns") && !sampled.Contains(container.Name));

        // Of one whose processes were gone when they were first looked for there are samples, and no end.
        int withoutEnd = brief.Count(container => !exits.ContainsKey(container.Id) && sampled.Contains(container.Name));
        Assert.InRange(withoutEnd, 0, missed);
        Assert.InRange(told.Length + own.Integer("containers_missed") + withoutEnd, Brief, Brief + withoutTotals);
        Assert.Equal(told.Length, own.Integer("containers_ended"));
        int exact = 0;
        foreach (BriefContainer container in told)
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

        output.WriteLine($"{exact} with the CPU time of the kernel's last word, or at most 0.1 ms less");
        Assert.InRange(final, (Brief * 99 / 100) - missed, Brief);
        Assert.InRange(exact, (Brief * 97 / 100) - missed, Brief);

        // One that lives for 50 ms may end while a cycle over the others takes that long; each has its last totals all the same.
        Assert.InRange(sampled.Count, (Brief * 90 / 100) - missed, Brief);

        foreach (string field in (string[])["events_lost", "inotify_overflows", "watches_over_limit", "watch_errors", "namespace_fds_held", "setns_errors", "points_unencodable"])
            Assert.True(own.Integer(field) == 0, $"{field} is {own.Integer(field)}");
        Assert.Equal(Standing, own.Integer("containers"));
        Assert.InRange(own.Integer("cycles_late") - lateBefore, 0, late);
    }

    /// <summary>The agent's own point of each cycle, and of containers what is judged; of a sink what it dropped, which is nothing.</summary>
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

    private static int Gone(Fleet fleet) => File.ReadLines(fleet.Log).Count();

    /// <summary>Cgroups of the unified hierarchy that were removed and that something still holds; 0 where there is no such hierarchy.</summary>
    private static int DyingCgroups() => ((string[])["/sys/fs/cgroup", "/sys/fs/cgroup/unified"])
        .Select(mount => $"{mount}/{Fleet.Name}/docker/cgroup.stat")
        .Where(File.Exists)
        .SelectMany(File.ReadLines)
        .Where(line => line.StartsWith("nr_dying_descendants ", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture))
        .FirstOrDefault();

    private void Say(string when, ProcessResources resources) => output.WriteLine($"{when}: {resources}; load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
}
