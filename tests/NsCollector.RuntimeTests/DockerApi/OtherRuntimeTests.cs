using System.Globalization;
using System.Text.Json;
using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Lxc;

namespace NsCollector.RuntimeTests.DockerApi;

/// <summary>Containers of all runtimes in the docker command against the agent's socket.</summary>
[Collection(AloneDockerCollection.Name)]
public sealed class OtherRuntimeTests(DockerEngine engine) : DockerApiTests(engine)
{
    [RequiresFact("dockerd", "docker", "busybox", "ip", "tar", "podman", "conmon", "runc", "lxc-start")]
    public void Containers_of_other_runtimes_have_stats_and_top()
    {
        using DockerContainer web = Engine.Start("api-web", [], "exec sleep 1000");
        using var podman = new PodmanEngine("vfs");
        PodmanContainer shop = podman.Start("api-shop");
        using var lxc = new LxcContainer("api-lxc", 64 << 20);
        using RunningAgent agent = Agent($"discovery:podman_roots={podman.Root}");
        agent.AwaitCycles(2);

        string[] names = Docker("ps", "--format", "{{.Names}}").Split('\n');
        Assert.Empty(((string[])["api-web", "api-shop", "api-lxc"]).Except(names));
        foreach ((string name, int pid, ProcessCgroup cgroup) in ((string, int, ProcessCgroup)[])[("api-web", web.Pid, web.Cgroup), ("api-shop", shop.Pid, shop.Cgroup), ("api-lxc", lxc.Pid, lxc.Cgroup)])
        {
            JsonElement stats = Get(SocketPath, $"/v1.41/containers/{name}/stats?stream=0");
            long usage = stats.GetProperty("memory_stats").GetProperty("usage").GetInt64();
            Assert.InRange(usage, cgroup.MemoryUsageBytes() - (1 << 20), cgroup.MemoryUsageBytes() + (1 << 20));
            Assert.InRange(stats.GetProperty("cpu_stats").GetProperty("cpu_usage").GetProperty("total_usage").GetInt64(), 1, cgroup.CpuUsageNs());
            Assert.True(stats.GetProperty("preread").GetString() is not ("0001-01-01T00:00:00Z" or null));
            string[] top = Docker("top", name).Split('\n');
            Assert.Contains(top, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] == pid.ToString(CultureInfo.InvariantCulture));
            string[] columns = Docker("stats", "--no-stream", "--format", "{{.Name}}|{{.PIDs}}", name).Split('|');
            Assert.Equal($"/{name} running {pid}", Docker("inspect", "--format", "{{.Name}} {{.State.Status}} {{.State.Pid}}", name));
            Assert.Equal((name, stats.GetProperty("pids_stats").GetProperty("current").ToString()), (columns[0], columns[1]));
        }

        Assert.Equal($"{64 << 20}", Docker("inspect", "--format", "{{.HostConfig.Memory}}", "api-lxc"));
        podman.Podman("create", "--name", "api-made", "--network", "none", PodmanEngine.Image, "sleep", "1");
        Eventually.True(() => Docker("ps", "--all", "--format", "{{.Names}} {{.State}}").Split('\n').Contains("api-made exited"), "a container of podman that does not run");
        Assert.Contains("API version:       1.", Docker("version"), StringComparison.Ordinal);
        Assert.Contains($"Running: {names.Length}", Docker("info"), StringComparison.Ordinal);
        (int status, _, string errors) = Command.Try("docker", "--host", $"unix://{SocketPath}", "rm", "--force", "api-web");
        Assert.True(status != 0 && errors.Contains("read only", StringComparison.Ordinal), errors);
        Assert.NotEqual(0, web.Pid);
    }
}
