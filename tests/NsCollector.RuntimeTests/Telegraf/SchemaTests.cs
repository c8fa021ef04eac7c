using System.Globalization;
using System.Text.Json;
using NsCollector.RuntimeTests.Docker;

namespace NsCollector.RuntimeTests.Telegraf;

/// <summary>A sink with Telegraf's schema beside one with NsCollector's, over real containers.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class SchemaTests : DockerTests, IDisposable
{
    private static readonly string[] HostInputs = ["cpu", "disk", "diskio", "mem", "net", "swap", "system"];

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-telegraf-").FullName;

    public SchemaTests(SecondDockerEngine engine)
        : base(engine)
    {
    }

    private string TelegrafPath => Path.Combine(_directory, "telegraf.lp");

    private List<Point> Points => AgentProgram.ReadFile(TelegrafPath);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [DockerFact]
    public void Two_sinks_receive_a_container_each_in_its_own_schema()
    {
        using DockerContainer container = Engine.Start("telegraf-web", ["--label", "team=shop", "--label", "other=x", "--memory", "64m", "--cpus", "0.5"], "head -c 100000 /dev/zero > /tmp/x; exec sleep 1000");
        long cpuBefore = container.Cgroup.CpuUsageNs();
        var networkBefore = ProcessNetwork.Read(container.Pid, "eth0");
        using RunningAgent agent = Agent("identity:labels=team", "file:telegraf:telegraf_perdevice=cpu, network, blkio", "file:telegraf:telegraf_host=on");
        Eventually.True(() => Of("docker_container_cpu", container.Id).Count(point => point.Has("usage_percent")) > 1, "two samples", () => agent.Log);
        agent.Stop();
        long cpuAfter = container.Cgroup.CpuUsageNs();
        var networkAfter = ProcessNetwork.Read(container.Pid, "eth0");
        JsonElement inspected = container.Inspect(), state = inspected.GetProperty("State");

        // Nothing of one schema is in the file of the other.
        Assert.Contains(agent.Points, point => point.Measurement == "container_cpu" && point.Container == "telegraf-web");
        Assert.DoesNotContain(agent.Points, point => point.Measurement.StartsWith("docker", StringComparison.Ordinal) || HostInputs.Contains(point.Measurement));
        Assert.DoesNotContain(agent.Points, point => point.Measurement is "container_memory_stat" or "container_cpu_core");
        Assert.DoesNotContain(Points, point => point.Measurement != "docker" && !point.Measurement.StartsWith("docker_container_", StringComparison.Ordinal) && !HostInputs.Contains(point.Measurement));

        // The root of process 1 may be protected even from root; then no file system is read.
        bool hasFilesystems = agent.Points.Any(point => point.Measurement == "host_filesystem");
        Assert.Equal(HostInputs.Where(input => input != "disk" || hasFilesystems), Points.Select(point => point.Measurement).Intersect(HostInputs).Order(StringComparer.Ordinal));

        Point status = Of("docker_container_status", container.Id)[^1];
        Assert.Equal(
            ["container_image=nscollector-test", "container_name=telegraf-web", "container_status=running", "container_version=1.2", $"engine_host={status.Tags["host"]}", $"host={status.Tags["host"]}", "team=shop"],
            status.Tags.Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(state.GetProperty("Pid").GetInt64(), status.Integer("pid"));
        Assert.Equal(0, status.Integer("exitcode"));
        Assert.Equal(0, status.Integer("restart_count"));
        Assert.False(status.Boolean("oomkilled"));
        long startedNs = TimeNs(state.GetProperty("StartedAt").GetString()!);
        Assert.InRange(status.Integer("started_at"), startedNs - 2_000_000_000, startedNs + 1_000_000_000);
        Assert.InRange(status.TimestampNs - status.Integer("started_at"), status.Integer("uptime_ns") - 50_000_000, status.Integer("uptime_ns") + 50_000_000);

        Point cpu = Of("docker_container_cpu", container.Id).Last(point => point.Tags["cpu"] == "cpu-total");
        Assert.InRange(cpu.Integer("usage_total"), cpuBefore, cpuAfter);
        Assert.InRange(cpu.Integer("usage_system"), cpu.Integer("usage_total"), long.MaxValue);
        Assert.True(cpu.Has("throttling_periods") && cpu.Has("throttling_throttled_periods") && cpu.Has("throttling_throttled_time"));
        Assert.InRange(cpu.Float("usage_percent"), 0, 100);
        int cores = Of("docker_container_cpu", container.Id).Select(point => point.Tags["cpu"]).Where(core => core != "cpu-total").Distinct().Count();
        Assert.Equal(CoresOf(container.Pid), cores);

        Point memory = Of("docker_container_mem", container.Id)[^1];
        Assert.Equal(64 << 20, memory.Integer("limit"));
        Assert.Equal(100.0 * memory.Integer("usage") / (64 << 20), memory.Float("usage_percent"), 5);
        long cache = memory.Has("cache") ? memory.Integer("cache") : memory.Integer("inactive_file");
        Assert.InRange(memory.Integer("usage") + cache, container.Cgroup.MemoryUsageBytes() - (1 << 20), container.Cgroup.MemoryUsageBytes() + (1 << 20));

        Point[] networks = Of("docker_container_net", container.Id);
        Assert.Equal(["eth0", "total"], networks.Select(point => point.Tags["network"]).Distinct().Order(StringComparer.Ordinal));
        foreach (Point network in networks)
        {
            Assert.InRange(network.Integer("rx_bytes"), networkBefore.RxBytes, networkAfter.RxBytes);
            Assert.InRange(network.Integer("tx_bytes"), networkBefore.TxBytes, networkAfter.TxBytes);
            Assert.Equal(["rx_bytes", "rx_dropped", "rx_errors", "rx_packets", "tx_bytes", "tx_dropped", "tx_errors", "tx_packets"], network.Fields.Keys.Where(field => field != "container_id").Order(StringComparer.Ordinal));
        }

        Assert.Contains(Of("docker_container_blkio", container.Id), point => point.Tags["device"] == "total");
    }

    [DockerFact]
    public void Exit_and_health_are_as_docker_inspect_says()
    {
        using RunningAgent agent = Agent();
        using DockerContainer container = Engine.Start("telegraf-exit", ["--health-cmd", "true", "--health-interval", "1s"], "sleep 1000");
        Eventually.True(() => Points.Any(IsHealthy), "healthy", () => agent.Log, TimeSpan.FromSeconds(60));
        Engine.Docker("kill", container.Id);
        Eventually.True(() => Exits().Length > 0, "its exit", () => agent.Log);
        agent.Stop();

        JsonElement state = container.Inspect().GetProperty("State");
        Point exit = Assert.Single(Exits());
        Assert.Equal(state.GetProperty("ExitCode").GetInt64(), exit.Integer("exitcode"));
        Assert.Equal(137, exit.Integer("exitcode"));
        Assert.False(exit.Boolean("oomkilled"));
        Assert.Equal(0, exit.Integer("pid"));
        long startedNs = TimeNs(state.GetProperty("StartedAt").GetString()!), finishedNs = TimeNs(state.GetProperty("FinishedAt").GetString()!);
        Assert.InRange(exit.Integer("finished_at"), finishedNs - 2_000_000_000, finishedNs + 1_000_000_000);
        Assert.InRange(exit.Integer("started_at"), startedNs - 2_000_000_000, startedNs + 1_000_000_000);
        Assert.Equal(exit.Integer("finished_at") - exit.Integer("started_at"), exit.Integer("uptime_ns"));

        Assert.Contains(Points, point => point.Measurement == "docker" && point.Has("n_containers_running"));

        bool IsHealthy(Point point) => point.Measurement == "docker_container_health" && point.Tags["container_name"] == "telegraf-exit" && point.Text("health_status") == "healthy";

        Point[] Exits() => [.. Of("docker_container_status", container.Id).Where(point => point.Tags["container_status"] == "exited")];
    }

    // cgroup v2 has no CPU time for each core.
    private static int CoresOf(int pid)
    {
        string? line = File.ReadLines($"/proc/{pid}/cgroup").FirstOrDefault(each => each.Split(':')[1].Split(',').Contains("cpuacct"));
        if (line is null) return 0;
        string[] words = line.Split(':');
        string path = new[] { words[1], "cpuacct", "cpu,cpuacct" }.Select(name => $"/sys/fs/cgroup/{name}{words[2]}/cpuacct.usage_percpu").First(File.Exists);
        return File.ReadAllText(path).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length;
    }

    private static long TimeNs(string text)
    {
        DateTimeOffset time = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        return (time - DateTimeOffset.UnixEpoch).Ticks * 100;
    }

    private Point[] Of(string measurement, string id) =>
        [.. Points.Where(point => point.Measurement == measurement && point.Has("container_id") && point.Text("container_id") == id)];

    private RunningAgent Agent(params string[] settings) =>
        new([.. Engine.Settings, "agent:interval=1s", $"file:telegraf:path={TelegrafPath}", "file:telegraf:schema=telegraf", .. settings]);
}
