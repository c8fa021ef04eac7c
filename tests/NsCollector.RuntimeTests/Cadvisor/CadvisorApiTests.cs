using System.Text.Json;
using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Prometheus;

namespace NsCollector.RuntimeTests.Cadvisor;

/// <summary>cAdvisor's REST API of an agent over Docker containers, beside the kernel.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class CadvisorApiTests(SecondDockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Samples_of_a_container_are_the_kernels()
    {
        using DockerContainer burner = Engine.Start("rest-burner", ["--cpus", "0.2", "--memory", "64m", "--label", "tier=front"], "while :; do :; done");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}", path = "/docker/" + burner.Id;
        using RunningAgent agent = Start(address, "identity:labels=*");
        agent.AwaitSampled(burner.Id);
        Eventually.True(() => Get(address, $"v1.3/containers{path}").GetProperty("stats").GetArrayLength() >= 8, "eight samples", () => agent.Log);

        double cpuBefore = CgroupFiles.CpuSeconds(path);
        Thread.Sleep(TimeSpan.FromSeconds(1));
        JsonElement container = Get(address, "v1.3/docker/rest-burner").GetProperty(path);
        double cpuAfter = CgroupFiles.CpuSeconds(path);
        JsonElement[] stats = [.. container.GetProperty("stats").EnumerateArray()];
        Assert.InRange(Cpu(stats[^1]) / 1e9, cpuBefore, cpuAfter);
        Assert.Equal(stats.Select(Cpu).Order(), stats.Select(Cpu));
        Assert.Equal(stats.Select(Time).Order(), stats.Select(Time));
        Assert.Equal(64 << 20, container.GetProperty("spec").GetProperty("memory").GetProperty("limit").GetInt64());
        Assert.Equal((20_000, 100_000), (container.GetProperty("spec").GetProperty("cpu").GetProperty("quota").GetInt32(), container.GetProperty("spec").GetProperty("cpu").GetProperty("period").GetInt32()));
        Assert.Equal("front", container.GetProperty("spec").GetProperty("labels").GetProperty("tier").GetString());
        Assert.Equal("eth0", stats[^1].GetProperty("network").GetProperty("name").GetString());

        // A fifth of a core, in nanoseconds per second and in thousandths.
        JsonElement[] second = [.. Get(address, "v2.0/stats/rest-burner?type=docker&count=20").GetProperty(path).EnumerateArray()];
        Assert.InRange(second[1..].Average(stat => stat.GetProperty("cpu_inst").GetProperty("usage").GetProperty("total").GetInt64()), 0.1e9, 0.3e9);
        JsonElement summary = Get(address, "v2.0/summary/rest-burner?type=docker").GetProperty(path);
        Assert.InRange(summary.GetProperty("minute_usage").GetProperty("cpu").GetProperty("mean").GetInt64(), 100, 300);

        Assert.Contains(Get(address, "v1.3/containers/docker").GetProperty("subcontainers").EnumerateArray(), one => one.GetProperty("name").GetString() == path);
        JsonElement machine = Get(address, "v1.3/machine");
        Assert.Equal(Environment.ProcessorCount, machine.GetProperty("num_cores").GetInt32());
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), machine.GetProperty("boot_id").GetString());
        Assert.True(Get(address, "v2.1/machinestats").GetArrayLength() > 4);
        agent.Stop();
    }

    [DockerFact]
    public void Events_tell_of_creation_oom_kill_and_removal()
    {
        string address = $"127.0.0.1:{ServerProcess.FreePort()}", path;
        using RunningAgent agent = Start(address);
        using (DockerContainer container = Engine.Start(
            "rest-oom", ["--memory", "16m", "--memory-swap", "16m", "--volume", $"{Burn.Program}:/burn:ro"], "trap 'exec /burn --memory-mib 64' USR1; echo ready; while :; do sleep 0.1; done"))
        {
            path = "/docker/" + container.Id;
            container.AwaitLine("ready");
            agent.AwaitSampled(container.Id);
            Engine.Docker("kill", "--signal", "USR1", container.Id);
            Assert.Equal(137, container.AwaitExit());
        }

        Eventually.True(() => Kinds().Contains("containerDeletion"), "its removal", () => agent.Log);
        Assert.Equal(["containerCreation", "oom", "oomKill", "containerDeletion"], Kinds());
        JsonElement kill = Get(address, $"v1.3/events{path}?oom_kill_events=true")[0].GetProperty("event_data").GetProperty("oom");
        Assert.Equal(("burn", "CONSTRAINT_MEMCG"), (kill.GetProperty("process_name").GetString(), kill.GetProperty("constraint").GetString()));
        Assert.Equal($"unknown container \"{path}\"\n", Command.Run("curl", "-s", $"http://{address}/api/v2.0/stats{path}") + "\n");
        agent.Stop();

        string[] Kinds() => [.. Get(address, $"v1.3/events{path}?all_events=true").EnumerateArray().Select(one => one.GetProperty("event_type").GetString()!)];
    }

    private static long Cpu(JsonElement stat) => stat.GetProperty("cpu").GetProperty("usage").GetProperty("total").GetInt64();

    private static DateTime Time(JsonElement stat) => stat.GetProperty("timestamp").GetDateTime();

    private static JsonElement Get(string address, string request) => JsonDocument.Parse(Command.Run("curl", "-sf", $"http://{address}/api/{request}")).RootElement;

    private RunningAgent Start(string address, params string[] settings) =>
        new([$"discovery:docker_roots={Engine.DataRoot}", "agent:interval=250ms", $"http:listen={address}", "http:cadvisor_api=on", .. settings]);
}
