using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>The limits given to <c>docker run</c>.</summary>
public sealed class LimitTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Limits_match_docker_inspect()
    {
        using DockerContainer container = Engine.Start("limit-all", ["-m", "96m", "--cpus", "1.25", "--pids-limit", "77"], "exec sleep 1000");
        JsonElement asked = container.Inspect().GetProperty("HostConfig");
        List<Point> points = SampleOf("limit-all");
        Assert.Equal(asked.GetProperty("Memory").GetInt64(), Only(points, "container_memory").Integer("limit_bytes"));
        Assert.Equal(asked.GetProperty("NanoCpus").GetInt64() / 1e9, Only(points, "container_cpu").Float("limit_cores"), 0.001);
        Point pids = Only(points, "container_pids");
        Assert.Equal(asked.GetProperty("PidsLimit").GetInt64(), pids.Integer("limit"));
        Assert.Equal(container.Cgroup.PidsCurrent(), pids.Integer("current"));
        Assert.Equal(container.Stats().Pids, pids.Integer("current"));
    }

    [DockerFact]
    public void Unset_limit_is_absent()
    {
        using DockerContainer container = Engine.Start("limit-none", [], "exec sleep 1000");
        List<Point> points = SampleOf("limit-none");
        Assert.False(Only(points, "container_memory").Has("limit_bytes"));
        Assert.False(Only(points, "container_cpu").Has("limit_cores"));
        Point pids = Only(points, "container_pids");
        Assert.False(pids.Has("limit"));
        Assert.Equal(1, pids.Integer("current"));
    }

    [DockerFact]
    public void Limit_changed_while_running_is_reported()
    {
        using DockerContainer container = Engine.Start("limit-changed", ["-m", "96m", "--memory-swap", "-1"], "exec sleep 1000");
        Engine.Docker("update", "--memory", "64m", "--memory-swap", "-1", "limit-changed");
        Assert.Equal(64 << 20, Only(SampleOf("limit-changed"), "container_memory").Integer("limit_bytes"));
    }
}
