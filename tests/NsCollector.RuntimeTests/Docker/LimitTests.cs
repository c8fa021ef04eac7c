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

    [DockerFact]
    public void Limits_in_detail_are_the_kernels_and_set_by_docker()
    {
        BlockDevice disk = BlockDevice.Under(Engine.DataRoot);
        string node = $"/dev/{disk.Name}:";
        using DockerContainer container = Engine.Start(
            "limit-detail",
            ["-m", "96m", "--memory-reservation", "48m", "--memory-swap", "128m", "--memory-swappiness", "23", "--cpus", "0.75", "--cpu-shares", "300", "--cpuset-cpus", "0", "--pids-limit", "44",
                "--device-read-bps", node + "1mb", "--device-write-bps", node + "2mb", "--device-read-iops", node + "66", "--device-write-iops", node + "77", "--oom-score-adj", "250", "--ulimit", "nofile=222:333"],
            "exec sleep 1000");
        using DockerContainer unlimited = Engine.Start("limit-detail-none", [], "exec sleep 1000");
        List<Point> all = Sample(KernelLimits.Settings), points = DockerContainer.Of(all, "limit-detail");

        Point limits = KernelLimits.AssertOf(points, container.Pid);
        Assert.Equal(("docker", false, "cgroupfs"), (limits.Text("set_by"), limits.Has("qos_class"), limits.Text("cgroup_driver")));
        Assert.Equal((96L << 20, 75_000L, 44L), (limits.Integer("memory_limit_bytes"), limits.Integer("cpu_quota_us"), limits.Integer("pids_limit")));
        Assert.Equal(("0", 1L, 250L), (limits.Text("cpuset_cpus"), limits.Integer("cpuset_cpus_count"), limits.Integer("oom_score_adj")));
        Assert.Equal((222L, 333L), (limits.Integer("rlimit_nofile_soft"), limits.Integer("rlimit_nofile_hard")));
        Point device = Assert.Single(points, point => point.Measurement == "container_limits" && point.Tags.ContainsKey("device"));
        Assert.Equal((disk.Name, 1L << 20, 2L << 20), (device.Tags["device"], device.Integer("read_bps_limit"), device.Integer("write_bps_limit")));
        Assert.Equal((66L, 77L), (device.Integer("read_iops_limit"), device.Integer("write_iops_limit")));

        points = DockerContainer.Of(all, "limit-detail-none");
        limits = KernelLimits.AssertOf(points, unlimited.Pid);
        Assert.Equal(("docker", false), (limits.Text("set_by"), limits.Has("memory_limit_bytes")));
        Assert.DoesNotContain(points, point => point.Measurement == "container_limits" && point.Tags.ContainsKey("device"));
    }
}
