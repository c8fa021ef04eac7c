namespace NsCollector.GuestTests.Values;

/// <summary>
/// A hybrid host: the controllers on cgroup v1, and cgroup v2 without controllers at /sys/fs/cgroup/unified. In another guest the
/// tests are skipped (GUEST_CGROUPS of tests/vm/boot).
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class HybridTests(Guest guest) : IDisposable
{
    private const string Workload = "burn --cpu-ms 300 --memory-mib 20 --life-ms 3600000", Unified = "hybrid-unified";
    private const string Limited = "hybrid-limited", Bare = "hybrid-bare", Podman = "hybrid-podman", Docker = "hybrid-docker";

    private bool IsHybrid => Guest.SshConfig is not null && guest.Try("mountpoint -q /sys/fs/cgroup/unified").Status == 0;

    public void Dispose()
    {
        if (!IsHybrid)
            return;
        guest.Run($"systemctl stop {Limited} {Bare} 2> /dev/null; kill $(cat /sys/fs/cgroup/unified/{Unified}/cgroup.procs) && sleep 1 && rmdir /sys/fs/cgroup/unified/{Unified}");
        Engine.Podman(guest).Remove(Podman);
        new Engine(guest, "docker").Remove(Docker);
    }

    [HybridFact]
    [Trait("Selection", "Whole")]
    public void Values_are_those_of_the_hierarchy_that_has_them()
    {
        Assert.True(IsHybrid, "/sys/fs/cgroup/unified is not mounted");
        Assert.Equal("tmpfs", guest.Run("stat -fc %T /sys/fs/cgroup"));
        guest.Run($"""
            systemd-run --quiet --collect --unit {Limited} -p CPUQuota=50% -p MemoryMax=64M -p TasksMax=40 {Workload}
            systemd-run --quiet --collect --unit {Bare} --slice bare.slice -p CPUAccounting=no -p MemoryAccounting=no -p TasksAccounting=no -p TasksMax=infinity -p IOAccounting=no {Workload}
            mkdir /sys/fs/cgroup/unified/{Unified}
            sh -c 'echo $$ > /sys/fs/cgroup/unified/{Unified}/cgroup.procs; exec {Workload}' > /dev/null 2>&1 < /dev/null &
            """);
        const string Limits = "--memory 64m --cpus 0.5 --pids-limit 40";
        Engine docker = Engine.Docker(guest), podman = Engine.Podman(guest);
        docker.Start(Docker, Limits, "/bin/" + Workload);
        podman.Start(Podman, Limits, "/bin/" + Workload);
        using var agent = new InstalledAgent(guest, $"[discovery]\nsystemd_services = on\ncgroup_paths = /{Unified}\n");

        // crun sets the limits below the container's own cgroup.
        string inDocker = "/docker/" + docker.Run($"inspect -f '{{{{.Id}}}}' {Docker}"), inPodman = "/machine.slice/" + podman.ScopeOf(podman.Run($"inspect -f '{{{{.Id}}}}' {Podman}"));
        AssertLimited(agent, "systemd", Limited + ".service", $"/system.slice/{Limited}.service", "");
        AssertLimited(agent, "docker", Docker, inDocker, "");
        AssertLimited(agent, "podman", Podman, inPodman, "/container");
        AssertUnified(agent, "systemd", Bare + ".service", $"/bare.slice/{Bare}.service");
        AssertUnified(agent, "cgroup", Unified, "/" + Unified);
    }

    private void AssertLimited(InstalledAgent agent, string runtime, string name, string cgroup, string limits)
    {
        const string Cpu = "/sys/fs/cgroup/cpu,cpuacct", Memory = "/sys/fs/cgroup/memory", Pids = "/sys/fs/cgroup/pids";
        Point[] sample = AwaitIdle(agent, runtime, name, () => guest.Integer($"cat {Cpu}{cgroup}/cpuacct.usage"));
        Point memory = Of(sample, "container_memory"), cpu = Of(sample, "container_cpu");
        Assert.Equal((64L << 20, 64L << 20), (memory.Integer("limit_bytes"), memory.Integer("effective_limit_bytes")));
        Assert.Equal(64 << 20, guest.Integer($"cat {Memory}{cgroup}{limits}/memory.limit_in_bytes"));
        Assert.Equal(guest.Integer($"cat {Memory}{cgroup}/memory.max_usage_in_bytes"), memory.Integer("max_usage_bytes"));
        Assert.True(memory.Integer("anon_bytes") >= 20 << 20);
        Assert.Equal((0.5, 0.5), (cpu.Float("limit_cores"), cpu.Float("effective_limit_cores")));
        Assert.Equal(50_000, guest.Integer($"cat {Cpu}{cgroup}{limits}/cpu.cfs_quota_us"));
        Assert.Equal(guest.Integer($"sed -n 's/^nr_throttled //p' {Cpu}{cgroup}{limits}/cpu.stat"), cpu.Integer("nr_throttled"));
        Assert.Equal((40, 1), (Of(sample, "container_pids").Integer("limit"), Of(sample, "container_pids").Integer("current")));
        Assert.Equal(40, guest.Integer($"cat {Pids}{cgroup}{limits}/pids.max"));
        Assert.Contains(sample, point => point.Measurement == "container_pressure");
    }

    private void AssertUnified(InstalledAgent agent, string runtime, string name, string cgroup)
    {
        Assert.NotEqual(0, guest.Try($"[ -e /sys/fs/cgroup/memory{cgroup} ] || [ -e '/sys/fs/cgroup/cpu,cpuacct{cgroup}' ]").Status);
        Point[] sample = AwaitIdle(agent, runtime, name, () => 1000 * guest.Integer($"sed -n 's/^usage_usec //p' /sys/fs/cgroup/unified{cgroup}/cpu.stat"));
        Assert.True(Of(sample, "container_cpu").Integer("usage_ns") >= WorkloadImage.BurntNs);
        Assert.DoesNotContain(sample, point => point.Measurement is "container_memory" or "container_pids");
        Assert.Contains(sample, point => point.Measurement == "container_pressure");
    }

    /// <summary>The points of a cycle in which the container used no CPU time, which have the kernel's number.</summary>
    private Point[] AwaitIdle(InstalledAgent agent, string runtime, string name, Func<long> usageNs)
    {
        Point[] sample = [];
        Guest.Await(
            () =>
            {
                long beforeNs = usageNs(), nowNs = guest.NowNs;
                Point? info = null;
                Guest.Await(() => (info = agent.Points.Find(point => point.Measurement == "container_info" && point.TimestampNs > nowNs + 1_000_000_000 && point.Container == name)) is not null, $"a sample of {name}", () => agent.Log);
                Assert.Equal(runtime, info!.Tags["runtime"]);
                sample = [.. agent.Points.Where(point => point.Container == name && point.TimestampNs == info.TimestampNs)];
                return usageNs() == beforeNs && beforeNs >= WorkloadImage.BurntNs && Of(sample, "container_cpu").Integer("usage_ns") == beforeNs;
            },
            $"{name} is idle",
            () => string.Join("\n", sample.AsEnumerable()));
        return sample;
    }

    private static Point Of(Point[] sample, string measurement) => Assert.Single(sample, point => point.Measurement == measurement);
}
