
namespace NsCollector.RuntimeTests.Cri;

/// <summary>The limits of containers in pods of each QoS class.</summary>
public sealed class LimitTests(ContainerdEngine engine) : CriTests(engine)
{
    [CriFact]
    public void Limits_in_detail_are_the_kernels_and_set_by_kubernetes()
    {
        using CriPod burstable = new(Engine, "limits-burstable", "tests", qosClass: "burstable"), guaranteed = new(Engine, "limits-guaranteed", "tests", qosClass: null);
        using CriPod besteffort = new(Engine, "limits-besteffort", "tests", qosClass: "besteffort");
        CriContainer limited = Start(burstable, "limited", Resources(quotaUs: 50_000, shares: 300, memoryBytes: 64 << 20, oomScoreAdj: 900, cpus: "0"));
        CriContainer unlimited = Start(burstable, "unlimited", new ProtobufMessage());
        CriContainer exact = Start(guaranteed, "exact", Resources(quotaUs: 100_000, shares: 1024, memoryBytes: 32 << 20, oomScoreAdj: 100, cpus: "0"));

        // A kubelet gives containers without requests and limits the fewest shares and the highest score.
        CriContainer least = Start(besteffort, "least", new ProtobufMessage().With(3, 2).With(5, 1000));
        List<Point> all = Sample(KernelLimits.Settings);

        Point limits = KernelLimits.AssertOf(Of(all, limited.Id), limited.Pid);
        Assert.Equal(("kubernetes", "burstable", "cgroupfs"), Origin(limits));
        Assert.Equal((64L << 20, 50_000L, 100_000L, 300L), (limits.Integer("memory_limit_bytes"), limits.Integer("cpu_quota_us"), limits.Integer("cpu_period_us"), limits.Integer("cpu_shares")));
        Assert.Equal(("0", 900L), (limits.Text("cpuset_cpus"), limits.Integer("oom_score_adj")));
        limits = KernelLimits.AssertOf(Of(all, unlimited.Id), unlimited.Pid);
        Assert.Equal(("kubernetes", "burstable", "cgroupfs"), Origin(limits));
        Assert.False(limits.Has("memory_limit_bytes") || limits.Has("cpu_quota_us"));
        limits = KernelLimits.AssertOf(Of(all, exact.Id), exact.Pid);
        Assert.Equal(("kubernetes", "guaranteed", "cgroupfs"), Origin(limits));

        limits = KernelLimits.AssertOf(Of(all, least.Id), least.Pid);
        Assert.Equal(("kubernetes", "besteffort", "cgroupfs"), Origin(limits));
        Assert.Equal((2L, 1000L, false), (limits.Integer("cpu_shares"), limits.Integer("oom_score_adj"), limits.Has("memory_limit_bytes")));

        // A sandbox is below its pod's cgroup, too.
        Assert.Equal(("kubernetes", "burstable", "cgroupfs"), Origin(KernelLimits.AssertOf(Of(all, burstable.Id), burstable.Pid)));
    }

    private static (string, string, string) Origin(Point limits) => (limits.Text("set_by"), limits.Text("qos_class"), limits.Text("cgroup_driver"));

    private static CriContainer Start(CriPod pod, string name, ProtobufMessage resources) =>
        pod.Start(name, ContainerdEngine.Image, new ProtobufMessage().With(3, Idle), resources, new ProtobufMessage());

    /// <summary>LinuxContainerResources of the CRI.</summary>
    private static ProtobufMessage Resources(long quotaUs, long shares, long memoryBytes, long oomScoreAdj, string cpus) =>
        new ProtobufMessage().With(1, 100_000).With(2, quotaUs).With(3, shares).With(4, memoryBytes).With(5, oomScoreAdj).With(6, cpus);
}
