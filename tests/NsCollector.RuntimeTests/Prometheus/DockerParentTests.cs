using NsCollector.RuntimeTests.Docker;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>The cgroups above Docker's containers, beside the kernel's files.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class DockerParentTests(SecondDockerEngine engine) : DockerTests(engine), IDisposable
{
    // Docker leaves the cgroups of --cgroup-parent behind.
    public void Dispose() => Command.Run("find", "/sys/fs/cgroup", "-depth", "-type", "d", "-path", "/sys/fs/cgroup*/nsc-page*", "-delete");

    [DockerFact]
    public void Parents_have_the_kernels_figures_and_leave_with_their_containers()
    {
        using DockerContainer burner = Engine.Start("parent-burner", ["--cgroup-parent", "/nsc-page/inner"], "while :; do :; done");
        using DockerContainer idle = Engine.Start("parent-idle", [], "exec sleep 1000");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = new($"discovery:docker_roots={Engine.DataRoot}", "agent:interval=250ms", $"http:listen={address}");
        agent.AwaitSampled(burner.Id);
        agent.AwaitSampled(idle.Id);

        string[] parents = ["/", "/docker", "/nsc-page", "/nsc-page/inner"];
        double[] before = Array.ConvertAll(parents, CgroupFiles.CpuSeconds);
        Thread.Sleep(TimeSpan.FromSeconds(1));
        ScrapedSeries[] page = ScrapedSeries.Read(address, "/metrics");
        double[] after = Array.ConvertAll(parents, CgroupFiles.CpuSeconds);
        for (int i = 0; i < parents.Length; i++) Assert.InRange(Value(page, "container_cpu_usage_seconds_total", parents[i]), before[i], after[i]);
        Assert.True(Value(page, "container_cpu_usage_seconds_total", "/nsc-page") > 0.1);
        Assert.InRange(Value(page, "container_memory_usage_bytes", "/nsc-page/inner"), 1, 1 << 30);

        // A sum over containers leaves out parents.
        Assert.All(page.Where(one => one.Name == "container_memory_usage_bytes" && parents.Contains(one.Labels["id"])), one => Assert.Equal(["id"], one.Labels.Keys));

        Engine.Docker("rm", "-f", burner.Id);
        Eventually.True(() => !ScrapedSeries.Read(address, "/metrics").Any(one => one.Name == "container_last_seen" && one.Labels["id"].StartsWith("/nsc-page", StringComparison.Ordinal)), "the parents have left the page");
        Assert.Contains(ScrapedSeries.Read(address, "/metrics"), one => one.Name == "container_last_seen" && one.Labels["id"] == "/docker");
        agent.Stop();
    }

    private static double Value(ScrapedSeries[] page, string name, string id) => Assert.Single(page, one => one.Name == name && one.Labels.GetValueOrDefault("id") == id).Value;
}
