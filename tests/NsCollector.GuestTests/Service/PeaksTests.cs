namespace NsCollector.GuestTests.Service;

/// <summary>Peaks between two samples on pure cgroup v2, with and without the right to reset memory.peak.</summary>
[Collection(GuestCollection.Name)]
public sealed class PeaksTests(Guest guest) : IDisposable
{
    private const string Name = "peaks-burst.service", Throttled = "peaks-throttled.service", Slice = "/system.slice/";
    private const string Directory = "/sys/fs/cgroup" + Slice + Name;
    private const long MiB = 1 << 20;

    /// <summary>The drop-in of docs/operations.md.</summary>
    private const string DropIn = "AmbientCapabilities=CAP_DAC_OVERRIDE\nCapabilityBoundingSet=CAP_DAC_OVERRIDE\nProtectControlGroups=no";

    public void Dispose()
    {
        if (Guest.SshConfig is not null)
            guest.Run($"systemctl stop {Name} {Throttled} 2> /dev/null || true");
    }

    [GuestTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_peak_between_looks_needs_the_drop_in(bool isGranted)
    {
        StartService(Name, "");
        using UnitDropIn? dropIn = isGranted ? new UnitDropIn(guest, DropIn) : null;

        // No look comes between the burst and its end: only the kernel's own peak shows it.
        using var agent = new InstalledAgent(guest, $"[agent]\npeaks = 11s\n[discovery]\ncgroup_paths = {Slice}{Name}\n", interval: "12s");
        long first = Await(agent, Name, 0).TimestampNs;
        guest.Run($"sh -c 'echo $$ > {Directory}/cgroup.procs; exec burn --memory-mib 50 --life-ms 300'");
        Sample second = Await(agent, Name, first);
        Point memory = second.Of("container_memory");
        Assert.InRange(memory.Integer("max_usage_bytes"), 50 * MiB, 60 * MiB);
        Assert.InRange(memory.Integer("usage_bytes"), 0, 30 * MiB);
        if (isGranted)
            Assert.InRange(memory.Integer("usage_bytes_max"), 50 * MiB, memory.Integer("max_usage_bytes"));
        else
            Assert.InRange(memory.Integer("usage_bytes_max"), memory.Integer("usage_bytes"), 30 * MiB);

        // The reset is the agent's own: the next interval had no burst, and the kernel's peak stays for others.
        memory = Await(agent, Name, second.TimestampNs).Of("container_memory");
        Assert.InRange(memory.Integer("usage_bytes_max"), memory.Integer("usage_bytes"), 30 * MiB);
        Assert.InRange(memory.Integer("max_usage_bytes"), 50 * MiB, 60 * MiB);
        Assert.Equal(memory.Integer("max_usage_bytes"), guest.Integer($"cat {Directory}/memory.peak"));
        AssertNoFailure(agent);
        string finding = guest.Run("nscollector check --as-service").Split('\n').Single(line => line.Contains(" peaks: ", StringComparison.Ordinal));

        // Both the mount and the mode of the file refuse the service; the kernel names one of them.
        Assert.Matches(isGranted ? "memory.peak is reset at each sample" : @"memory.peak cannot be reset \((EACCES|EROFS)\)", finding);
    }

    [GuestFact]
    public void Bursts_and_throttled_periods_show_between_two_samples()
    {
        StartService(Name, "");
        StartService(Throttled, "-p CPUQuota=20%");
        using var agent = new InstalledAgent(guest, $"[agent]\npeaks = 100ms\n[discovery]\ncgroup_paths = {Slice}{Name}, {Slice}{Throttled}\n", interval: "20s");
        long first = Math.Max(Await(agent, Name, 0).TimestampNs, Await(agent, Throttled, 0).TimestampNs);
        guest.Run($"sh -c 'echo $$ > {Directory}/cgroup.procs; exec burn --memory-mib 50 --cpu-ms 1000 --life-ms 1500'");

        // 25 periods of 100 ms and more, throttled in each.
        guest.Run($"sh -c 'echo $$ > /sys/fs/cgroup{Slice}{Throttled}/cgroup.procs; exec burn --cpu-ms 700'");
        Sample sample = Await(agent, Name, first);
        Point cpu = sample.Of("container_cpu");

        // Other work of the host can take an emulated processor from the burst, which then is lower.
        Assert.InRange(cpu.Float("usage_percent"), 4, 40);
        Assert.InRange(cpu.Float("usage_percent_max"), 1.5 * cpu.Float("usage_percent"), 115);
        Assert.False(cpu.Has("throttled_percent_max"));
        Assert.InRange(sample.Of("container_memory").Integer("usage_bytes_max"), 50 * MiB, sample.Of("container_memory").Integer("max_usage_bytes"));

        cpu = Await(agent, Throttled, first).Of("container_cpu");
        Assert.InRange(cpu.Integer("nr_throttled"), 10, cpu.Integer("nr_periods"));
        double average = 100.0 * cpu.Integer("nr_throttled") / cpu.Integer("nr_periods");
        Assert.InRange(cpu.Float("throttled_percent_max"), average, 100);
        AssertNoFailure(agent);
    }

    private void StartService(string name, string properties) =>
        guest.Run($"systemd-run --quiet --collect --unit {name} -p MemoryAccounting=yes -p CPUAccounting=yes {properties} sleep 3600");

    private Sample Await(InstalledAgent agent, string name, long afterNs)
    {
        int info = -1;

        // The agent's own point ends the cycle, long before the next one.
        Guest.Await(
            () => (info = agent.Points.FindIndex(point => point.Measurement == "container_info" && point.TimestampNs > afterNs && point.Container == name)) >= 0
                && agent.Points.FindIndex(info, point => point.Measurement == "nscollector") > info,
            $"a sample of {name}",
            () => agent.Log);
        long atNs = agent.Points[info].TimestampNs;
        return new Sample([.. agent.Points.Where(point => point.TimestampNs == atNs && point.Container == name)]);
    }

    private static void AssertNoFailure(InstalledAgent agent)
    {
        Point self = agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("peaks_over_budget"));
        Assert.Equal((0, 0), (self.Integer("peaks_over_budget"), self.Integer("read_errors")));
    }
}
