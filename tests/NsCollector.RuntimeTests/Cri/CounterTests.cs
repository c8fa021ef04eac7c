
namespace NsCollector.RuntimeTests.Cri;

/// <summary>CPU time and memory of a pod's sandbox and containers.</summary>
public sealed class CounterTests(ContainerdEngine engine) : CriTests(engine)
{
    private const long Held = 20 << 20;

    // The kernel charges memory in batches per CPU, and its statistics lag by that much.
    private const long ToleranceBytes = 1 << 20;

    [CriFact]
    public void Cpu_and_memory_match_the_kernel_for_containers_and_sandbox()
    {
        using var pod = new CriPod(Engine, "counters", "tests");
        CriContainer burnt = pod.Start("burnt", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo burnt; exec sleep 1000");
        CriContainer held = pod.Start("held", ["sh", "-c", $"held=$(head -c {Held} /dev/zero | tr '\\0' x); sleep 1000 & echo held; wait"], memoryLimitBytes: 64 << 20);
        burnt.AwaitLine("burnt");
        held.AwaitLine("held");

        string[] ids = [pod.Id, burnt.Id, held.Id];
        ProcessCgroup[] cgroups = [pod.Cgroup, burnt.Cgroup, held.Cgroup];
        var before = Array.ConvertAll(cgroups, Read);
        List<Point> all = Sample();
        var after = Array.ConvertAll(cgroups, Read);

        for (int i = 0; i < ids.Length; i++)
        {
            List<Point> points = Of(all, ids[i]);
            Assert.All(points, point => Assert.Equal("containerd", point.Tags["runtime"]));
            Assert.InRange(Only(points, "container_cpu").Integer("usage_ns"), before[i].CpuNs, after[i].CpuNs);
            Assert.InRange(
                Only(points, "container_memory").Integer("usage_bytes"),
                Math.Min(before[i].MemoryBytes, after[i].MemoryBytes) - ToleranceBytes,
                Math.Max(before[i].MemoryBytes, after[i].MemoryBytes) + ToleranceBytes);
            Assert.Equal(before[i].Pids, Only(points, "container_pids").Integer("current"));
        }

        Assert.True(before[1].CpuNs > 20_000_000, "the loop cannot have taken less than 20 ms");
        Assert.True(before[2].MemoryBytes >= Held, $"{before[2].MemoryBytes} bytes cannot hold {Held}");
        Assert.Equal(64 << 20, Only(Of(all, held.Id), "container_memory").Integer("limit_bytes"));
        Assert.False(Only(Of(all, burnt.Id), "container_memory").Has("limit_bytes"));
    }

    [CriFact]
    public void Pod_cgroups_are_not_containers_and_inits_match_the_runtime()
    {
        using var pod = new CriPod(Engine, "members", "tests");
        CriContainer container = pod.Start("only", Idle);
        List<Point> all = Sample();

        Point[] infos = [.. all.Where(point => point.Measurement == "container_info")];
        Assert.Equal(new[] { pod.Id, container.Id }.Order(StringComparer.Ordinal), infos.Select(point => point.Text("container_id")).Order(StringComparer.Ordinal));
        Assert.Equal(pod.Pid, Only(Of(all, pod.Id), "container_info").Integer("pid"));
        Assert.Equal(container.Pid, Only(Of(all, container.Id), "container_info").Integer("pid"));
        Assert.All(infos, info => Assert.Equal("running", info.Text("state")));
    }

    private static (long CpuNs, long MemoryBytes, long Pids) Read(ProcessCgroup cgroup) => (cgroup.CpuUsageNs(), cgroup.MemoryUsageBytes(), cgroup.PidsCurrent());
}
