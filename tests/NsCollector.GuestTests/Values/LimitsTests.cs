using System.Globalization;
using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>container_limits and container_memory_detail on pure cgroup v2, of limits that systemd, Docker and Podman set.</summary>
[Collection(GuestCollection.Name)]
public sealed class LimitsTests(Guest guest) : IDisposable
{
    private const string Service = "limits-set.service", Docker = "limits-docker", Podman = "limits-podman";
    private const string Cgroup = "/system.slice/" + Service;

    /// <summary>Fields and the files with which they are compared; max and a missing file are absent.</summary>
    private static readonly (string Field, string File)[] Files =
    [
        ("cpu_weight", "cpu.weight"), ("cpu_burst_us", "cpu.max.burst"), ("memory_limit_bytes", "memory.max"), ("memory_high_bytes", "memory.high"),
        ("memory_low_bytes", "memory.low"), ("memory_min_bytes", "memory.min"), ("memory_swap_limit_bytes", "memory.swap.max"),
        ("memory_swap_high_bytes", "memory.swap.high"), ("memory_zswap_limit_bytes", "memory.zswap.max"), ("pids_limit", "pids.max"),
    ];

    private static readonly string[] Events = ["low", "high", "max", "oom", "oom_kill", "oom_group_kill"];

    public void Dispose()
    {
        if (Guest.SshConfig is null)
            return;
        guest.Run($"systemctl stop {Service} 2> /dev/null || true");
        new Engine(guest, "docker").Remove(Docker);
        new Engine(guest, "podman").Remove(Podman);
    }

    [GuestFact]
    public void Limits_of_systemd_docker_and_podman_are_the_kernels()
    {
        // Two processes.
        guest.Run($"systemd-run --quiet --collect --unit {Service} -p MemoryHigh=48M -p MemoryMax=64M -p MemoryLow=8M -p MemoryMin=4M -p MemorySwapMax=16M -p CPUQuota=30% -p CPUWeight=200"
            + " -p TasksMax=40 -p 'IOReadBandwidthMax=/dev/vda 10M' -p 'IOWriteIOPSMax=/dev/vda 500' -p IOWeight=150 -p LimitNOFILE=1234:4321 -p OOMScoreAdjust=300 -p AllowedCPUs=0 -p OOMPolicy=kill"
            + " /bin/sh -c 'sleep 3600 & exec sleep 3600'");
        const string Common = "--memory 64m --cpus 0.5 --cpuset-cpus 0 --pids-limit 50 --ulimit nofile=555:666 --oom-score-adj 250 --network none";
        Engine docker = Engine.Docker(guest), podman = Engine.Podman(guest);
        docker.Start(Docker, Common + " --memory-reservation 32m --device-write-iops /dev/vda:100", "/bin/sleep 3600");
        podman.Start(Podman, Common, "/bin/sleep 3600");
        int pid = (int)guest.Integer($"systemctl show -P MainPID {Service}");
        RunningContainer[] containers =
        [
            new("cgroup", Service, Cgroup, null, pid, Cgroup), docker.Inspect(Docker), podman.Inspect(Podman),
        ];
        (string, int)[] places = [.. containers.Select(container => (container.Cgroup, container.Pid))];

        using var agent = new InstalledAgent(guest, $"limits = on\nmemory_detail = on\n[discovery]\ncgroup_paths = {Cgroup}\n");
        CgroupReading[] before = CgroupReading.Read(guest, places);
        Sample[] samples = [.. containers.Select(container => AwaitLimits(agent, container.Id, before[^1].EndedNs))];
        CgroupReading[] after = CgroupReading.Read(guest, places);
        for (int i = 0; i < containers.Length; i++)
        {
            AssertLimits(samples[i], after[i], containers[i]);
            AssertDetail(samples[i], before[i], after[i]);
        }

        Point service = Limits(samples[0]), ofDocker = Limits(samples[1]), ofPodman = Limits(samples[2]);
        Assert.Equal((48L << 20, 64L << 20, 8L << 20, 4L << 20, 16L << 20),
            (service.Integer("memory_high_bytes"), service.Integer("memory_limit_bytes"), service.Integer("memory_low_bytes"), service.Integer("memory_min_bytes"), service.Integer("memory_swap_limit_bytes")));
        Assert.Equal((200L, 40L, 300L, true), (service.Integer("cpu_weight"), service.Integer("pids_limit"), service.Integer("oom_score_adj"), service.Boolean("memory_oom_group")));
        Assert.Equal((1234L, 4321L), (service.Integer("rlimit_nofile_soft"), service.Integer("rlimit_nofile_hard")));
        Assert.Equal((0.3, 1L), ((double)service.Integer("cpu_quota_us") / service.Integer("cpu_period_us"), service.Integer("cpuset_cpus_count")));
        Assert.Equal(("systemd", "systemd"), (service.Text("set_by"), service.Text("cgroup_driver")));
        Point vda = Device(samples[0], "vda");
        Assert.Equal((10_000_000L, 500L), (vda.Integer("read_bps_limit"), vda.Integer("write_iops_limit")));
        Assert.False(vda.Has("write_bps_limit"));
        Assert.Equal(2, samples[0].Of("container_pids").Integer("processes"));

        Assert.Equal(32L << 20, ofDocker.Integer("memory_low_bytes"));
        foreach ((Point limits, string runtime) in new[] { (ofDocker, "docker"), (ofPodman, "podman") })
        {
            Assert.Equal((runtime, "systemd"), (limits.Text("set_by"), limits.Text("cgroup_driver")));
            Assert.False(limits.Has("qos_class"));
            Assert.Equal((64L << 20, 50L, 250L, "0"), (limits.Integer("memory_limit_bytes"), limits.Integer("pids_limit"), limits.Integer("oom_score_adj"), limits.Text("cpuset_cpus_effective")));
            Assert.Equal((0.5, 555L, 666L), ((double)limits.Integer("cpu_quota_us") / limits.Integer("cpu_period_us"), limits.Integer("rlimit_nofile_soft"), limits.Integer("rlimit_nofile_hard")));
        }

        // One process in Docker's scope, and in the cgroup that crun makes below Podman's.
        Assert.Equal((1L, 1L), (samples[1].Of("container_pids").Integer("processes"), samples[2].Of("container_pids").Integer("processes")));
        Point self = agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("read_errors"));
        Assert.Equal(0, self.Integer("read_errors"));
    }

    [GuestFact]
    public void Memory_events_below_a_container_are_not_local()
    {
        // The kill happens in a cgroup below the unit's, which has the limit.
        guest.Run($"systemd-run --quiet --collect --unit {Service} -p Delegate=yes -p MemoryAccounting=yes -p OOMPolicy=continue sleep 3600");
        string directory = "/sys/fs/cgroup" + Cgroup;
        guest.Run($"mkdir {directory}/own {directory}/limited && echo $(systemctl show -P MainPID {Service}) > {directory}/own/cgroup.procs && echo +memory > {directory}/cgroup.subtree_control"
            + $" && echo 20M > {directory}/limited/memory.max && echo 0 > {directory}/limited/memory.swap.max; sh -c 'echo $$ > {directory}/limited/cgroup.procs; exec burn --memory-mib 40' || true");
        guest.Run($"rmdir {directory}/limited");

        using var agent = new InstalledAgent(guest, $"memory_detail = on\n[discovery]\ncgroup_paths = {Cgroup}\n");
        Sample sample = agent.AwaitSample(Cgroup, 0);
        Point detail = Detail(sample);
        Assert.Equal((1L, 0L), (detail.Integer("events_oom_kill"), detail.Integer("events_local_oom_kill")));
        Assert.Equal(guest.Integer($"sed -n 's/^oom_kill //p' {directory}/memory.events"), detail.Integer("events_oom_kill"));
        Assert.Equal(guest.Integer($"sed -n 's/^max //p' {directory}/memory.events"), detail.Integer("events_max"));
        Assert.Equal((1L, 0L), (detail.Integer("descendants"), detail.Integer("events_local_max")));

        // Its processes are in a cgroup of its own making.
        Assert.False(sample.Of("container_pids").Has("processes"));
        Assert.DoesNotContain(agent.Points, point => point.Measurement == "container_limits");
    }

    /// <summary>A socket keeps the cgroup in which it was created after that is removed (cgroup_sk_alloc in kernel/cgroup/cgroup.c).</summary>
    [GuestFact]
    public void Dying_descendants_are_removed_cgroups_that_are_still_in_use()
    {
        const string Name = "dying";
        using var tree = new CgroupTree(guest, Name);
        string directory = CgroupTree.DirectoryOf(Name);
        guest.Run($"mkdir {directory}/first {directory}/second");
        int pid = (int)guest.Integer($"bash -c 'cd {directory}; echo $$ > first/cgroup.procs; exec 3<> /dev/udp/127.0.0.1/9; echo $$ > second/cgroup.procs; exec 4<> /dev/udp/127.0.0.1/9; echo $$ > cgroup.procs; exec sleep 3600' > /dev/null 2>&1 < /dev/null & echo $!");
        Guest.Await(() => guest.Read($"/proc/{pid}/comm") == "sleep", "the process leaves the cgroups");
        guest.Run($"rmdir {directory}/first {directory}/second");

        using var agent = new InstalledAgent(guest, "memory_detail = on\n" + CgroupTree.Configuration);
        string cgroup = CgroupTree.PathOf(Name);
        Point detail = Detail(agent.AwaitSample(cgroup, 0));
        CgroupReading after = CgroupReading.Read(guest, cgroup, pid);
        Assert.Equal((0L, 2L), (after.Keyed("cgroup.stat", "nr_descendants"), after.Keyed("cgroup.stat", "nr_dying_descendants")));
        Assert.Equal((0L, 2L), (detail.Integer("descendants"), detail.Integer("dying_descendants")));
    }

    internal static Sample AwaitLimits(InstalledAgent agent, string id, long afterNs)
    {
        // A cycle may come a little before the next reading of the limits is due.
        Sample sample = agent.AwaitSample(id, afterNs);
        for (int i = 0; i < 5 && !sample.Points.Any(point => point.Measurement == "container_limits"); i++) sample = agent.AwaitSample(id, sample.TimestampNs);
        return sample;
    }

    internal static Point Limits(Sample sample) =>
        Assert.Single(sample.Points, point => point.Measurement == "container_limits" && !point.Tags.ContainsKey("device") && !point.Tags.ContainsKey("pagesize"));

    internal static Point Device(Sample sample, string device) => sample.Of("container_limits", "device", device);

    internal static Point Detail(Sample sample) =>
        Assert.Single(sample.Points, point => point.Measurement == "container_memory_detail" && !point.Tags.ContainsKey("node") && !point.Tags.ContainsKey("resource"));

    private void AssertLimits(Sample sample, CgroupReading kernel, RunningContainer container)
    {
        Point limits = Limits(sample);
        foreach ((string field, string file) in Files)
        {
            // The lower one, if the runtime has a cgroup below its own.
            long? own = kernel.Number(file), below = kernel.Number(CgroupReading.Payload + file);
            AssertValue(own is null ? below : below is null ? own : Math.Min(own.Value, below.Value), limits, field);
        }

        foreach ((string field, string file) in new[] { ("cpu_idle", "cpu.idle"), ("memory_oom_group", "memory.oom.group") })
            Assert.Equal((field, kernel.Number(file) is { } value ? value == 1 : null), (field, limits.Has(field) ? (bool?)limits.Boolean(field) : null));
        Assert.Equal(kernel.Text(CgroupReading.Payload + "cpuset.cpus.effective") ?? kernel.Text("cpuset.cpus.effective"), limits.Has("cpuset_cpus_effective") ? limits.Text("cpuset_cpus_effective") : null);
        AssertValue(kernel.Keyed("io.weight", "default"), limits, "io_weight");
        AssertValue(kernel.Keyed("io.bfq.weight", "default"), limits, "io_bfq_weight");
        foreach ((string number, string name) in kernel.Devices)
        {
            long? Of(string key) => kernel.Keyed(CgroupReading.Payload + "io.max", number, key) ?? kernel.Keyed("io.max", number, key);
            if (sample.Points.SingleOrDefault(point => point.Measurement == "container_limits" && point.Tags.GetValueOrDefault("device") == name) is not { } device)
            {
                Assert.All((string[])["rbps", "wbps", "riops", "wiops"], key => Assert.Null(Of(key)));
                continue;
            }

            AssertValue(Of("rbps"), device, "read_bps_limit");
            AssertValue(Of("wbps"), device, "write_bps_limit");
            AssertValue(Of("riops"), device, "read_iops_limit");
            AssertValue(Of("wiops"), device, "write_iops_limit");
        }

        // Name, soft and hard limit of the init process, in the order of the kernel's file.
        string[] names = ["cpu_#_seconds", "fsize_#_bytes", "data_#_bytes", "stack_#_bytes", "core_#_bytes", "rss_#_bytes", "nproc_#", "nofile_#", "memlock_#_bytes", "as_#_bytes", "locks_#",
            "sigpending_#", "msgqueue_#_bytes", "nice_#", "rtprio_#", "rttime_#_us"];
        string[] lines = guest.Run($"tail -n +2 /proc/{container.Pid}/limits").Split('\n');
        Assert.Equal(names.Length, lines.Length);
        for (int i = 0; i < names.Length; i++)
        {
            string[] words = lines[i][25..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (int column = 0; column < 2; column++)
                AssertValue(words[column] == "unlimited" ? null : long.Parse(words[column], CultureInfo.InvariantCulture), limits, "rlimit_" + names[i].Replace("#", column == 0 ? "soft" : "hard", StringComparison.Ordinal));
        }
    }

    private static void AssertDetail(Sample sample, CgroupReading before, CgroupReading after)
    {
        Point detail = Detail(sample);
        foreach (string key in Events)
        {
            AssertBetween("memory.events", key, "events_" + key);
            AssertBetween("memory.events.local", key, "events_local_" + key);
        }

        foreach (string key in (string[])["high", "max", "fail"]) AssertBetween("memory.swap.events", key, "swap_events_" + key);
        AssertBetween("cgroup.stat", "nr_descendants", "descendants");
        AssertBetween("cgroup.stat", "nr_dying_descendants", "dying_descendants");
        AssertValue(after.Number("memory.swap.peak"), detail, "swap_max_usage_bytes");

        // The kernel has the file, with 0, even if nothing is swapped or zswap is off.
        AssertValue(after.Number("memory.zswap.current"), detail, "zswap_bytes");

        // Of the cgroup that has the processes.
        string local = before.Has(CgroupReading.Payload + "cpu.stat.local") ? CgroupReading.Payload + "cpu.stat.local" : "cpu.stat.local";
        Assert.InRange(sample.Of("container_cpu").Integer("local_throttled_ns"), 1000 * before.Keyed(local, "throttled_usec")!.Value, 1000 * after.Keyed(local, "throttled_usec")!.Value);

        // Nothing works meanwhile, except for the kernel's per-CPU batches.
        Point node = sample.Of("container_memory_detail", "node", "0");
        foreach ((string field, string key) in new[] { ("anon_bytes", "anon"), ("file_bytes", "file"), ("kernel_stack_bytes", "kernel_stack"), ("slab_unreclaimable_bytes", "slab_unreclaimable") })
        {
            long first = before.Keyed("memory.numa_stat", key, "N0")!.Value, last = after.Keyed("memory.numa_stat", key, "N0")!.Value;
            Assert.InRange(node.Integer(field), Math.Min(first, last) - (1 << 20), Math.Max(first, last) + (1 << 20));
        }

        void AssertBetween(string file, string key, string field)
        {
            if (after.Keyed(file, key) is not { } last) AssertValue(null, detail, field);
            else Assert.InRange(detail.Integer(field), before.Keyed(file, key)!.Value, last);
        }
    }

    private static void AssertValue(long? kernel, Point point, string field) =>
        Assert.Equal((field, kernel), (field, point.Has(field) ? point.Integer(field) : null));
}
