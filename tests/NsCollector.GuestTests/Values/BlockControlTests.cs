using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// Shares of block I/O that only some schedulers and controllers have: the cost model (io.weight, io.cost.qos), BFQ and io.latency, on
/// loop devices. Expected are the kernel's files.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class BlockControlTests(Guest guest) : IDisposable
{
    private const string Service = "block-control", Directory = "/var/tmp/block-control", Debug = "/sys/module/blk_cgroup/parameters/blkcg_debug_stats";
    private const string Cgroup = $"/system.slice/{Service}.service", Files = "/sys/fs/cgroup" + Cgroup;

    public void Dispose()
    {
        if (Guest.SshConfig is null) return;
        guest.Run($"""
            systemctl stop {Service}.service 2> /dev/null
            for device in $(losetup --list -n -O MAJ:MIN -j {Directory}/costly); do echo "$device enable=0" > /sys/fs/cgroup/io.cost.qos; done
            for device in $(losetup --list -n -O NAME -j {Directory}/fair); do echo none > /sys/block/$(basename $device)/queue/scheduler; done
            for file in {Directory}/*; do losetup -j $file | cut -d: -f1 | xargs -r losetup -d; done
            rm -rf {Directory}
            echo N > {Debug}
            modprobe -r bfq 2> /dev/null || true
            """);
    }

    [GuestFact]
    public void Weights_latency_targets_and_times_of_the_cost_model_are_the_kernels()
    {
        guest.Run($"modprobe bfq; mkdir -p {Directory}; for name in costly fair; do dd if=/dev/zero of={Directory}/$name bs=1M count=32 2> /dev/null; losetup --find {Directory}/$name; done");
        string[] costly = Device("costly"), fair = Device("fair");

        // Only with this parameter does the kernel report waits and debts (ioc_pd_stat in block/blk-iocost.c).
        guest.Run($"echo Y > {Debug}; echo bfq > /sys/block/{fair[1]}/queue/scheduler; echo '{costly[0]} enable=1' > /sys/fs/cgroup/io.cost.qos");
        guest.Run($"systemd-run --quiet --collect --unit {Service} -p IOWeight=150 -p Delegate=yes sleep 3600");

        // Writing the default weight of BFQ removes the weights of devices.
        guest.Run($"cd {Files} && echo '{costly[0]} 321' > io.weight && echo 'default 222' > io.bfq.weight && echo '{fair[0]} 444' > io.bfq.weight"
            + $" && [ ! -e io.latency ] || echo '{costly[0]} target=75000' > io.latency");

        // Three readers wait for each other.
        guest.Run($"for i in 1 2 3; do sh -c 'echo $$ > {Files}/cgroup.procs; exec dd if=/dev/{costly[1]} of=/dev/null bs=64k iflag=direct' 2> /dev/null & done; wait");
        int pid = (int)guest.Integer($"systemctl show -P MainPID {Service}");

        using var agent = new InstalledAgent(guest, $"limits = on\n[discovery]\ncgroup_paths = {Cgroup}\n");
        CgroupReading before = CgroupReading.Read(guest, Cgroup, pid);
        Sample sample = LimitsTests.AwaitLimits(agent, Cgroup, before.EndedNs);
        CgroupReading after = CgroupReading.Read(guest, Cgroup, pid);

        Point limits = LimitsTests.Limits(sample);
        Assert.Equal((150L, 222L), (limits.Integer("io_weight"), limits.Integer("io_bfq_weight")));
        Assert.Equal((after.Keyed("io.weight", "default"), after.Keyed("io.bfq.weight", "default")), (limits.Integer("io_weight"), limits.Integer("io_bfq_weight")));
        Point ofCostly = LimitsTests.Device(sample, costly[1]), ofFair = LimitsTests.Device(sample, fair[1]);
        Assert.Equal((321L, after.Keyed("io.weight", costly[0])), (ofCostly.Integer("weight"), ofCostly.Integer("weight")));
        Assert.Equal((444L, after.Keyed("io.bfq.weight", fair[0])), (ofFair.Integer("bfq_weight"), ofFair.Integer("bfq_weight")));
        Assert.False(ofCostly.Has("bfq_weight"));
        Assert.False(ofFair.Has("weight"));
        Assert.Equal(after.Keyed("io.latency", costly[0], "target"), ofCostly.Has("latency_target_us") ? (long?)ofCostly.Integer("latency_target_us") : null);

        Point io = sample.Of("container_blkio", "device", costly[1]);
        Assert.True(after.Io(costly[0], "cost.usage") > 0, guest.Read(Files + "/io.stat"));
        foreach (string name in (string[])["usage", "wait", "indebt", "indelay"])
            Assert.InRange(io.Integer($"cost_{name}_us"), before.Io(costly[0], "cost." + name)!.Value, after.Io(costly[0], "cost." + name)!.Value);
        Assert.Equal(after.Io(costly[0], "rbytes"), io.Integer("read_bytes"));
        Assert.Equal(0L, agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("read_errors")).Integer("read_errors"));
    }

    /// <summary>The number and the name of a loop device.</summary>
    private string[] Device(string file)
    {
        string[] words = guest.Run($"losetup --list -n -O MAJ:MIN,NAME -j {Directory}/{file}").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [words[0], Path.GetFileName(words[1])];
    }
}
