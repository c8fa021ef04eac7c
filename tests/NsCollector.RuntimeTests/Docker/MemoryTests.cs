
namespace NsCollector.RuntimeTests.Docker;

/// <summary>Memory usage.</summary>
public sealed class MemoryTests(DockerEngine engine) : DockerTests(engine)
{
    private const long Held = 20 << 20;

    // The kernel charges memory in batches per CPU, and its statistics lag by that much.
    private const long ToleranceBytes = 1 << 20;

    [DockerFact]
    public void Memory_usage_matches_the_kernel_and_docker()
    {
        using DockerContainer container = Engine.Start("mem-held", ["--memory", "128m"], $"held=$(head -c {Held} /dev/zero | tr '\\0' x); echo held; while :; do sleep 1000; done");
        container.AwaitLine("held");
        long usageBefore = container.Cgroup.MemoryUsageBytes();
        Point point = Only(SampleOf("mem-held"), "container_memory");
        long usageAfter = container.Cgroup.MemoryUsageBytes();
        long inactiveFile = container.Cgroup.InactiveFileBytes();
        var stats = container.Stats();

        long usage = point.Integer("usage_bytes");
        Assert.True(usage >= Held);
        Assert.InRange(usage, Math.Min(usageBefore, usageAfter) - ToleranceBytes, Math.Max(usageBefore, usageAfter) + ToleranceBytes);
        Assert.True(point.Integer("anon_bytes") >= Held);
        Assert.True(point.Integer("max_usage_bytes") >= usage);

        long workingSet = point.Integer("working_set_bytes");
        Assert.InRange(workingSet, usage - inactiveFile - ToleranceBytes, usage);
        Assert.InRange(stats.MemoryBytes, workingSet - ToleranceBytes, workingSet + ToleranceBytes);

        Assert.Equal(128 << 20, point.Integer("limit_bytes"));
        Assert.Equal(100.0 * workingSet / (128 << 20), point.Float("usage_percent"), 0.5);
    }

    [DockerFact]
    public void Tmpfs_memory_is_reported_as_shared_memory()
    {
        using DockerContainer container = Engine.Start("mem-shmem", [], $"head -c {Held} /dev/zero > /dev/shm/held; echo held; exec sleep 1000");
        container.AwaitLine("held");
        Point point = Only(SampleOf("mem-shmem"), "container_memory");
        Assert.True(point.Integer("shmem_bytes") >= Held);
        Assert.True(point.Integer("usage_bytes") >= Held);
        Assert.True(point.Integer("anon_bytes") < Held);
    }
}
