using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// Events that limits and protections cause in a container, and limits that systemd does not set: beside memory.events,
/// memory.swap.events, cpu.stat.local and the files of huge pages.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class MemoryEventsTests(Guest guest) : IDisposable
{
    private const string Name = "events", Swap = "/var/tmp/nsc-swap", File = "/var/tmp/nsc-events";

    public void Dispose()
    {
        if (Guest.SshConfig is not null) guest.Run($"swapoff {Swap} 2> /dev/null; rm -f {Swap} {File}; cd /sys/fs/cgroup; for c in hugetlb cpuset; do echo -$c > cgroup.subtree_control || true; done 2> /dev/null");
    }

    [GuestFact]
    public void Events_of_limits_and_protections_are_the_kernels()
    {
        guest.Run($"dd if=/dev/zero of={Swap} bs=1M count=64 2> /dev/null && chmod 600 {Swap} && mkswap {Swap} > /dev/null && swapon {Swap}; echo '+hugetlb +cpuset' > /sys/fs/cgroup/cgroup.subtree_control; dd if=/dev/zero of={File} bs=1M count=60 oflag=direct 2> /dev/null");
        using var tree = new CgroupTree(guest, Name);
        tree.Set(null, ("memory.max", "32M"), ("cgroup.subtree_control", "+hugetlb +cpuset"));

        // The cgroup above is full, and everything that the kernel could reclaim is below memory.low.
        tree.Set(Name, ("memory.low", "64M"), ("hugetlb.2MB.max", "8388608"), ("hugetlb.2MB.rsvd.max", "4194304"), ("cpuset.cpus", "0-1"), ("cpuset.mems", "0"), ("cpu.max", "50000 100000"));
        guest.Run($"{CgroupTree.Enter(Name, $"dd if={File} of=/dev/null bs=1M")} 2> /dev/null");

        // Above memory.high and below memory.low: now it is the container's own limit.
        tree.Set(Name, ("memory.high", "8M"), ("cpu.max", "max 100000"));
        guest.Run($"{CgroupTree.Enter(Name, $"dd if={File} of=/dev/null bs=1M")} 2> /dev/null");
        tree.Set(Name, ("memory.high", "max"), ("memory.max", "20M"), ("memory.swap.max", "4M"), ("memory.swap.high", "3932160"), ("memory.oom.group", "1"));
        guest.Run($"{CgroupTree.Enter(Name, "burn --memory-mib 40")} || true");
        Guest.Await(() => tree.Event(Name, "oom_group_kill") > 0, "the group is killed");

        int pid = tree.Start(Name, "sleep 3600");
        using var agent = new InstalledAgent(guest, "limits = on\nmemory_detail = on\n" + CgroupTree.Configuration);
        string cgroup = CgroupTree.PathOf(Name);
        CgroupReading before = CgroupReading.Read(guest, cgroup, pid);
        Sample sample = LimitsTests.AwaitLimits(agent, cgroup, before.EndedNs);
        CgroupReading after = CgroupReading.Read(guest, cgroup, pid);

        Point detail = LimitsTests.Detail(sample);
        foreach (string key in (string[])["low", "high", "max", "oom", "oom_kill", "oom_group_kill"])
        {
            AssertCounted("memory.events", key, "events_");
            AssertCounted("memory.events.local", key, "events_local_");
        }

        // On Linux 6.12, attempts to swap fail at the limit. On 7.3, the kernel stops before one fails.
        AssertCounted("memory.swap.events", "high", "swap_events_");
        foreach (string key in (string[])["max", "fail"]) Assert.Equal((key, after.Keyed("memory.swap.events", key)), (key, detail.Integer("swap_events_" + key)));
        Assert.Equal(after.Number("memory.swap.peak"), detail.Integer("swap_max_usage_bytes"));

        long throttled = 1000 * after.Keyed("cpu.stat.local", "throttled_usec")!.Value;
        Assert.True(throttled > 0);
        Assert.Equal((throttled, 1000 * after.Keyed("cpu.stat", "throttled_usec")), (sample.Of("container_cpu").Integer("local_throttled_ns"), sample.Of("container_cpu").Integer("throttled_ns")));

        Point limits = LimitsTests.Limits(sample);
        Assert.Equal((after.Text("cpuset.cpus"), after.Text("cpuset.mems"), "0-1", "0"), (limits.Text("cpuset_cpus"), limits.Text("cpuset_mems"), limits.Text("cpuset_cpus_effective"), limits.Text("cpuset_mems_effective")));
        Assert.Equal((2L, 1L), (limits.Integer("cpuset_cpus_count"), limits.Integer("cpuset_mems_count")));
        Assert.Equal((64L << 20, 3932160L, 4L << 20), (limits.Integer("memory_low_bytes"), limits.Integer("memory_swap_high_bytes"), limits.Integer("memory_swap_limit_bytes")));
        Point huge = sample.Of("container_limits", "pagesize", "2MB");
        Assert.Equal((after.Number("hugetlb.2MB.max"), after.Number("hugetlb.2MB.rsvd.max")), (huge.Integer("limit_bytes"), huge.Integer("rsvd_limit_bytes")));
        Assert.Equal(8L << 20, sample.Of("container_hugetlb", "pagesize", "2MB").Integer("limit_bytes"));
        Assert.Equal(0L, agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("read_errors")).Integer("read_errors"));

        // It was quiet since.
        void AssertCounted(string file, string key, string prefix)
        {
            long kernel = after.Keyed(file, key)!.Value;
            Assert.True(kernel > 0, $"{file} {key} is 0");
            Assert.Equal((prefix + key, kernel), (prefix + key, detail.Integer(prefix + key)));
        }
    }
}
