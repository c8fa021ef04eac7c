using System.Diagnostics;
using NsCollector.RuntimeTests.Docker;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>Prometheus and its tools read the page of an agent over Docker containers.</summary>
[Collection(AloneDockerCollection.Name)]
public sealed class ScrapeTests(DockerEngine engine) : DockerTests(engine)
{
    // cAdvisor named these counters without _total, and these gauges with _count or _total.
    private static readonly string[] NamedByCadvisor =
    [
        "container_memory_failcnt", "container_hugetlb_failcnt", "container_fs_inodes_total", "container_network_advance_tcp_stats_total", "container_network_tcp_usage_total", "container_network_tcp6_usage_total",
        "machine_node_hugepages_count", "machine_thread_siblings_count",
    ];

    [PrometheusFact]
    public void Promtool_and_the_parsers_of_python_read_both_formats()
    {
        using DockerContainer container = Engine.Start("page-formats", ["--label", "tier=a\"b\\c", "--cpus", "0.5", "--memory", "64m"], "exec sleep 1000");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = Start(address, "identity:labels=*");
        agent.AwaitSampled(container.Id);

        // The first page has no usage_percent yet, because that takes two samples.
        Eventually.True(() => Get(address, "text/plain").Contains($"\ncontainer_cpu_usage_percent{{id=\"/docker/{container.Id}\"", StringComparison.Ordinal), "a page with the second sample");
        string text = Get(address, "text/plain"), open = Get(address, "application/openmetrics-text"), compressed = Command.Run("curl", "-sf", "--compressed", $"http://{address}/metrics");
        Assert.Contains(",name=\"page-formats\",container_label_tier=\"a\\\"b\\\\c\"", text, StringComparison.Ordinal);
        Assert.Contains("\nmachine_thread_siblings_count{", text, StringComparison.Ordinal);
        Assert.EndsWith("# EOF", open, StringComparison.Ordinal);
        Assert.Equal(Names(text), Names(compressed));
        Assert.Equal(["Content-Encoding: gzip", "Content-Type: text/plain; version=0.0.4; charset=utf-8"], Headers(address, "text/plain", "gzip"));
        Assert.Equal(["Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"], Headers(address, "application/openmetrics-text", "identity"));
        Assert.Empty(PrometheusPrograms.Check(text + "\n").Except(NamedByCadvisor));
        Assert.Equal(Lines(text), PrometheusPrograms.Parse("prometheus_client.parser", text + "\n"));
        Assert.Equal(Lines(open), PrometheusPrograms.Parse("prometheus_client.openmetrics.parser", open + "\n"));
        Assert.Equal(Names(text), Names(open));

        string kubelet = Get(address, "text/plain", "/metrics/cadvisor"), openKubelet = Get(address, "application/openmetrics-text", "/metrics/cadvisor");
        Assert.Empty(PrometheusPrograms.Check(kubelet + "\n").Except(NamedByCadvisor));
        Assert.Equal(Lines(kubelet), PrometheusPrograms.Parse("prometheus_client.parser", kubelet + "\n"));
        Assert.Equal(Lines(openKubelet), PrometheusPrograms.Parse("prometheus_client.openmetrics.parser", openKubelet + "\n"));
        Assert.Contains($"\ncontainer_spec_cpu_quota{{id=\"/docker/{container.Id}\"", text, StringComparison.Ordinal);
        agent.Stop();
    }

    [PrometheusFact]
    public void Promtool_accepts_a_page_with_every_optional_measurement()
    {
        using DockerContainer container = Engine.Start("page-complete", ["--label", "tier=front", "--env", "TIER=front", "--cpus", "0.5", "--memory", "64m", "--cpuset-cpus", "0"], "exec sleep 1000");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = Start(
            address, "identity:labels=*", "identity:environment=TIER", "cgroup:limits=on", "cgroup:memory_detail=on", "cgroup:cpu_cores=on", "filesystem:containers=on",
            "network:conntrack=on", "agent:peaks=100ms", "host:cpu_cores=on", "http:host_names=node", "http:timestamps=on");
        agent.AwaitSampled(container.Id);
        string text = "";

        // The disk thread and the peaks need some cycles.
        foreach (string series in (string[])["container_fs_usage_bytes", "container_cpu_usage_percent_max", "container_limits_cpuset_cpus", "container_memory_detail_unevictable_bytes", "container_cpu_core_usage_seconds_total"])
        {
            // On cgroup v2, no figure has the cores.
            if (series.StartsWith("container_cpu_core", StringComparison.Ordinal) && !File.Exists(container.Cgroup.DirectoryPath + "/cpuacct.usage_percpu")) continue;
            Eventually.True(() => (text = Get(address, "text/plain")).Split('\n').Any(line => line.StartsWith(series + "{", StringComparison.Ordinal) && line.Contains("name=\"page-complete\"", StringComparison.Ordinal)), series, () => agent.Log);
        }

        Assert.Contains("\nnode_cpu_seconds_total{", text, StringComparison.Ordinal);
        Assert.Contains("container_env_tier=\"front\"", text, StringComparison.Ordinal);
        Assert.Contains("container_label_tier=\"front\"", text, StringComparison.Ordinal);

        // promtool says the same of the names of node_exporter itself.
        Assert.All(PrometheusPrograms.Check(text + "\n").Except(NamedByCadvisor), name => Assert.StartsWith("node_memory_", name, StringComparison.Ordinal));
        Assert.Equal(Lines(text), PrometheusPrograms.Parse("prometheus_client.parser", text + "\n"));
        string open = Get(address, "application/openmetrics-text");
        Assert.Equal(Lines(open), PrometheusPrograms.Parse("prometheus_client.openmetrics.parser", open + "\n"));
        agent.Stop();
    }

    [PrometheusFact]
    public void Rates_are_the_kernels_and_ended_containers_leave_with_a_scrape()
    {
        using DockerContainer burner = Engine.Start("page-burner", ["--cpus", "0.2"], "while :; do :; done");
        using DockerContainer receiver = Engine.Start("page-receiver", [], "nc -l -p 9000 > /dev/null < /dev/zero & exec sleep 1000");
        using DockerContainer sender = Engine.Start("page-sender", [], $"until (while :; do head -c 20000 /dev/zero; sleep 0.05; done) | nc {receiver.Address} 9000 > /dev/null; do sleep 0.1; done; exec sleep 1000");
        string plain = Address(), timed = Address(), slow = Address();
        using RunningAgent plainAgent = Start(plain, "agent:interval=1s"), timedAgent = Start(timed, "agent:interval=1s", "http:timestamps=on"), slowAgent = Start(slow, "agent:interval=10s", "http:timestamps=on");
        RunningAgent[] agents = [plainAgent, timedAgent, slowAgent];
        foreach (RunningAgent agent in agents) agent.AwaitSampled(sender.Id);
        using var prometheus = new PrometheusServer(
            Job("plain", plain, "") + Job("lingering", timed, "") + Job("tracked", timed, "track_timestamps_staleness: true") +
            Job("slow", slow, "track_timestamps_staleness: true") + Job("slow-untimed", slow, "honor_timestamps: false"), []);
        Thread.Sleep(TimeSpan.FromSeconds(1));

        int pid = receiver.Pid;
        ProcessCgroup cgroup = burner.Cgroup;
        CounterReadings cpu = new(), received = new();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(40); Thread.Sleep(TimeSpan.FromMilliseconds(200)))
        {
            cpu.Add(cgroup.CpuUsageNs() / 1e9);
            received.Add(ProcessNetwork.Read(pid, "eth0").RxBytes);
        }

        double bytes = received.Rate(CounterReadings.Now - 40, CounterReadings.Now);
        Assert.True(bytes > 10_000, $"only {bytes} bytes a second");
        AssertRates("container_cpu_usage_seconds_total{name=\"page-burner\"", cpu);
        AssertRates("container_network_receive_bytes_total{name=\"page-receiver\",interface=\"eth0\"", received);

        // No series ends between two readings of a running container.
        Assert.InRange(Assert.Single(prometheus.Query("count_over_time(container_last_seen{name=\"page-burner\",job=\"slow\"}[30s:1s])")), 30, 31);

        Engine.Docker("kill", burner.Id);
        var since = Stopwatch.StartNew();
        Eventually.True(() => !IsShown("page-burner", "plain") && !IsShown("page-burner", "tracked"), "the end of its series");
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(5), $"its series ended after {since.Elapsed}");
        foreach (string job in (string[])["plain", "tracked", "lingering"])
        {
            Eventually.True(() => prometheus.Query($"container_exit_time_seconds{{name=\"page-burner\",job=\"{job}\"}}").Length == 1, "its exit");
            Assert.True(IsShown("page-receiver", job), job);
        }

        // Timestamps without track_timestamps_staleness: five minutes. A negative offset asks for a time to come.
        Assert.True(IsShown("page-burner", "lingering", "offset -270s"));
        Assert.False(IsShown("page-burner", "lingering", "offset -310s"));
        foreach (RunningAgent agent in agents) agent.Stop();

        static string Address() => $"127.0.0.1:{ServerProcess.FreePort()}";

        static string Job(string name, string address, string option) =>
            $"  - job_name: {name}\n    static_configs: [ {{ targets: [ '{address}' ] }} ]\n    {option}\n";

        bool IsShown(string container, string job, string offset = "") =>
            prometheus.Query($"container_last_seen{{name=\"{container}\",job=\"{job}\"}} {offset}").Length == 1;

        void AssertRates(string series, CounterReadings kernel)
        {
            // Without timestamps, the error is at most the interval divided by the window.
            AssertRate("plain", 40, 0, 0.03);
            AssertRate("slow-untimed", 40, 0, 0.03 + (10.0 / 39));

            // Prometheus has a reading with its time up to an interval and a scrape later.
            AssertRate("tracked", 38, 2, 0.03);
            RangeSeries slow = Assert.Single(prometheus.Range($"{series},job=\"slow\"}}[40s]"));
            Assert.InRange(slow.LastSeconds - slow.FirstSeconds, 19, 40);
            AssertEqual(kernel.Rate(slow.FirstSeconds, slow.LastSeconds), slow.Rate, "slow", 0.03);

            void AssertRate(string job, int window, int offset, double tolerance)
            {
                double to = CounterReadings.Now - offset;
                double shown = Assert.Single(prometheus.Query($"rate({series},job=\"{job}\"}}[{window}s]{(offset > 0 ? $" offset {offset}s" : "")})"));
                AssertEqual(kernel.Rate(to - window, to), shown, job, tolerance);
            }

            void AssertEqual(double expected, double shown, string job, double tolerance) =>
                Assert.True(Math.Abs((shown / expected) - 1) <= tolerance, $"{series},job=\"{job}\"}}: {shown} a second; the kernel: {expected}");
        }
    }

    [PrometheusFact]
    public void With_timestamps_samples_have_the_time_of_the_reading()
    {
        using DockerContainer container = Engine.Start("page-timestamps", [], "exec sleep 1000");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = Start(address, "http:timestamps=on", "agent:interval=3s");
        agent.AwaitSampled(container.Id);
        using var prometheus = new PrometheusServer(address);
        Eventually.True(() => prometheus.Query("container_memory_usage_bytes{name=\"page-timestamps\"}").Length == 1, "the container");

        // Both are the time of the reading. Prometheus scrapes each second, so the time of the scrape would be up to 3 s later.
        for (int i = 0; i < 4; i++)
        {
            double later = Assert.Single(prometheus.Query("timestamp(container_memory_usage_bytes{name=\"page-timestamps\"}) - container_last_seen{name=\"page-timestamps\"}"));
            Assert.InRange(later, 0, 0.9999);
            Thread.Sleep(TimeSpan.FromMilliseconds(700));
        }

        agent.Stop();
    }

    [PrometheusFact]
    public void Container_that_ran_out_of_memory_is_scraped_after_its_end()
    {
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = Start(address, "http:exits_kept=3s");
        using DockerContainer container = Engine.Start("page-oom", ["--memory", "16m", "--memory-swap", "16m", "--volume", $"{Burn.Program}:/burn:ro"], "trap 'exec /burn --memory-mib 64' USR1; echo ready; while :; do sleep 0.1; done");
        container.AwaitLine("ready");
        Eventually.True(() => Page().Any(series => series is { Name: "container_oom_events_total", Value: 0 }), "the container without a kill", () => agent.Log);
        Engine.Docker("kill", "--signal", "USR1", container.Id);
        Assert.Equal(137, container.AwaitExit());

        ScrapedSeries[] page = [];
        Eventually.True(() => (page = Page()).Any(series => series.Name == "container_exit_reason"), "its end", () => agent.Log);
        ScrapedSeries reason = Assert.Single(page, series => series.Name == "container_exit_reason");
        Assert.Equal(("oom", 1.0), (reason.Labels["reason"], reason.Value));
        double kills = Assert.Single(page, series => series.Name == "container_oom_events_total").Value;
        Assert.Equal(kills, Assert.Single(Page("/metrics/cadvisor"), series => series.Name == "container_oom_events_total").Value);
        Assert.Equal(9, Assert.Single(page, series => series.Name == "container_exit_signal").Value);
        Assert.DoesNotContain(page, series => series.Name == "container_last_seen");
        Assert.Equal(kills, Command.Run("dmesg").Split('\n').Count(line => line.Contains("oom-kill:", StringComparison.Ordinal) && line.Contains(container.Id, StringComparison.Ordinal)));

        Eventually.True(() => Page().Length == 0, "the end of http.exits_kept", () => agent.Log);
        agent.Stop();

        ScrapedSeries[] Page(string path = "/metrics") => [.. ScrapedSeries.Read(address, path).Where(series => series.Labels.GetValueOrDefault("name") == "page-oom")];
    }

    private RunningAgent Start(string address, params string[] settings) =>
        new([$"discovery:docker_roots={Engine.DataRoot}", "agent:interval=250ms", $"http:listen={address}", .. settings]);

    private static string[] Headers(string address, string accepted, string encoding) =>
        [.. Command.Run("curl", "-sf", "-D", "-", "-o", "/dev/null", "-H", $"Accept: {accepted}", "-H", $"Accept-Encoding: {encoding}", $"http://{address}/metrics")
            .Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("Content-Encoding:", StringComparison.Ordinal) || line.StartsWith("Content-Type:", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static string Get(string address, string accepted, string path = "/metrics") => Command.Run("curl", "-sf", "-H", $"Accept: {accepted}", $"http://{address}{path}");

    private static int Lines(string page) => page.Split('\n').Count(line => line.Length > 0 && line[0] != '#');

    private static string[] Names(string page) =>
        [.. page.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('{', ' ')[0]).Distinct().Order(StringComparer.Ordinal)];
}
