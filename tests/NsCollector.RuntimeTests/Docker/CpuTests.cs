
namespace NsCollector.RuntimeTests.Docker;

/// <summary>CPU time and the current CPU usage.</summary>
public sealed class CpuTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Cpu_time_matches_the_kernel()
    {
        using DockerContainer container = Engine.Start("cpu-burnt", [], "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo burnt; exec sleep 1000");
        container.AwaitLine("burnt");
        long before = container.Cgroup.CpuUsageNs();
        Point point = Only(SampleOf("cpu-burnt"), "container_cpu");
        long after = container.Cgroup.CpuUsageNs();

        Assert.True(before > 20_000_000, "the loop cannot have taken less than 20 ms");
        long usage = point.Integer("usage_ns");
        Assert.InRange(usage, before, after);
        // They come from other files, read a moment later, and some kernels count them in ticks.
        Assert.InRange(point.Integer("user_ns") + point.Integer("system_ns"), usage * 0.9 - 20e6, usage * 1.1 + 20e6);
        Assert.True(point.Float("usage_percent") >= 0);
    }

    [DockerFact]
    public void Cpu_percent_of_a_busy_container_is_at_most_the_kernels()
    {
        using DockerContainer container = Engine.Start("cpu-busy", ["--cpus", "0.5"], "echo ready; while :; do :; done");
        container.AwaitLine("ready");
        long before = container.Cgroup.CpuUsageNs();
        Point point = Only(SampleOf("cpu-busy"), "container_cpu");
        long after = container.Cgroup.CpuUsageNs();

        double percent = point.Float("usage_percent");
        Assert.True(percent > 0);
        // Between its two samples, at least 0.9 s apart, it cannot have used more than in the time around both.
        Assert.True(percent / 100 * 0.9e9 <= after - before, $"{percent} % of a second, but only {after - before} ns were counted");
        Assert.True(point.Integer("nr_periods") > 0);
        Assert.True(point.Integer("nr_throttled") > 0);
        Assert.True(point.Integer("throttled_ns") > 0);
    }
}
