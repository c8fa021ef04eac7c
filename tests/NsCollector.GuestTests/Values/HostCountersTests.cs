using System.Globalization;
using NsCollector.GuestTests.Kernel;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>Each column of the host's measurements between two readings of the kernel's files.</summary>
[Collection(GuestCollection.Name)]
public sealed class HostCountersTests(Guest guest, StartedAgent started) : IClassFixture<StartedAgent>
{
    // /proc/net/dev counts fifo, frame and compressed in between.
    private static readonly (string Field, int Column)[] Network =
    [
        ("rx_bytes", 0), ("rx_packets", 1), ("rx_errors", 2), ("rx_dropped", 3), ("multicast", 7),
        ("tx_bytes", 8), ("tx_packets", 9), ("tx_errors", 10), ("tx_dropped", 11), ("collisions", 13),
    ];

    private static readonly (string Field, int Column, double Factor)[] Disk =
    [
        ("read_ops", 0, 1), ("read_merged", 1, 1), ("read_bytes", 2, 512), ("read_ns", 3, 1e6), ("write_ops", 4, 1), ("write_merged", 5, 1), ("write_bytes", 6, 512), ("write_ns", 7, 1e6),
        ("io_ns", 9, 1e6), ("weighted_io_ns", 10, 1e6), ("discard_ops", 11, 1), ("discard_merged", 12, 1), ("discard_bytes", 13, 512), ("discard_ns", 14, 1e6), ("flush_ops", 15, 1), ("flush_ns", 16, 1e6),
    ];

    private static readonly (string Field, string Key, double Factor)[] Vmstat =
    [
        ("paged_in_bytes", "pgpgin", 1024), ("paged_out_bytes", "pgpgout", 1024), ("pswpin", "pswpin", 1), ("pswpout", "pswpout", 1), ("pgfault", "pgfault", 1), ("pgmajfault", "pgmajfault", 1),
        ("pgscan_kswapd", "pgscan_kswapd", 1), ("pgscan_direct", "pgscan_direct", 1), ("pgsteal_kswapd", "pgsteal_kswapd", 1), ("pgsteal_direct", "pgsteal_direct", 1),
        ("workingset_refault_anon", "workingset_refault_anon", 1), ("workingset_refault_file", "workingset_refault_file", 1), ("compact_stall", "compact_stall", 1), ("oom_kills", "oom_kill", 1),
    ];

    // In the order of /proc/stat.
    private static readonly string[] CpuModes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];

    // The agent, sshd and the kernel use and free memory between the two readings; the tolerance is in MiB.
    private static readonly (string Field, string Key, double Tolerance)[] Meminfo =
    [
        ("total", "MemTotal", 0), ("swap_total", "SwapTotal", 0), ("swap_free", "SwapFree", 0), ("swap_cached", "SwapCached", 0), ("commit_limit", "CommitLimit", 0), ("hugetlb", "Hugetlb", 0),
        ("free", "MemFree", 32), ("available", "MemAvailable", 32), ("cached", "Cached", 32), ("active_anon", "Active(anon)", 32), ("inactive_anon", "Inactive(anon)", 32),
        ("active_file", "Active(file)", 32), ("inactive_file", "Inactive(file)", 32), ("anon", "AnonPages", 32), ("mapped", "Mapped", 32), ("committed", "Committed_AS", 64),
        ("buffers", "Buffers", 8), ("unevictable", "Unevictable", 8), ("mlocked", "Mlocked", 8), ("dirty", "Dirty", 8), ("writeback", "Writeback", 8), ("shmem", "Shmem", 8),
        ("slab_reclaimable", "SReclaimable", 8), ("slab_unreclaimable", "SUnreclaim", 8), ("kernel_stack", "KernelStack", 4), ("page_tables", "PageTables", 4), ("percpu", "Percpu", 4),
        ("vmalloc_used", "VmallocUsed", 4), ("anon_huge_pages", "AnonHugePages", 32),
    ];

    [GuestFact]
    public void Every_column_lies_between_two_readings_of_the_kernels_files()
    {
        InstalledAgent agent = started.Agent;
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "host_load"), "the first point of the host", () => agent.Log);
        guest.Run("sync; echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vda of=/dev/null bs=1M count=2 iflag=direct 2> /dev/null; burn --send 127.0.0.1:9:50 > /dev/null");
        HostReading before = HostReading.Read(guest);
        Point load = Await("host_load");
        Point[] points = [.. agent.Points.Where(point => point.TimestampNs == load.TimestampNs && point.Measurement.StartsWith("host_", StringComparison.Ordinal))];
        HostReading after = HostReading.Read(guest);

        Assert.Equal(after.Resources.Order(), points.Where(point => point.Measurement == "host_pressure").Select(point => point.Tags["resource"]).Order());
        foreach (string resource in after.Resources)
        {
            Point pressure = Of("host_pressure", "resource", resource);
            foreach (string who in (string[])["some", "full"])
            {
                // The kernel has no "full" of the processor for the host, or reports zeros.
                AssertBetween(before.Pressure(resource, who, "total"), after.Pressure(resource, who, "total"), pressure, $"{who}_total_us");

                // The averages rise and fall every two seconds.
                foreach ((string average, double tolerance) in new[] { ("avg10", 20.0), ("avg60", 5), ("avg300", 2) })
                    AssertBetween(before.Pressure(resource, who, average), after.Pressure(resource, who, average), pressure, $"{who}_{average}", tolerance);
            }
        }

        double[] first = before.Load, last = after.Load;
        foreach ((string field, int column, double tolerance) in new[] { ("load1", 0, 0.5), ("load5", 1, 0.2), ("load15", 2, 0.1), ("runnable", 3, 20), ("tasks", 4, 30) })
            AssertBetween(first[column], last[column], load, field, tolerance);

        foreach (string name in (string[])["lo", "eth0"])
        {
            foreach ((string field, int column) in Network) AssertBetween(before.Interface(name)[column], after.Interface(name)[column], Of("host_network", "interface", name), field);
        }

        foreach ((string field, int column, double factor) in Disk) AssertBetween(before.Disk("vda")[column] * factor, after.Disk("vda")[column] * factor, Of("host_disk", "device", "vda"), field);
        AssertBetween(before.Disk("vda")[8], after.Disk("vda")[8], Of("host_disk", "device", "vda"), "in_flight", tolerance: 64);
        Point vmstat = Assert.Single(points, point => point.Measurement == "host_vmstat");
        foreach ((string field, string key, double factor) in Vmstat) AssertBetween(before.Vmstat(key) * factor, after.Vmstat(key) * factor, vmstat, field);
        Point cpu = Assert.Single(points, point => point.Measurement == "host_cpu");
        foreach ((string field, string key) in new[] { ("interrupts", "intr"), ("context_switches", "ctxt"), ("forks", "processes") }) AssertBetween(before.Stat(key), after.Stat(key), cpu, field);
        Assert.Equal((CpuModes.Length, CpuModes.Length), (before.CpuTicks.Length, after.CpuTicks.Length));
        for (int i = 0; i < CpuModes.Length; i++)
        {
            // A tick is 10 ms. The time of I/O waits can fall (Documentation/filesystems/proc.rst).
            AssertBetween(before.CpuTicks[i] * 1e7, after.CpuTicks[i] * 1e7, cpu, CpuModes[i] + "_ns", tolerance: CpuModes[i] == "iowait" ? 2e9 : 0);
        }

        Point memory = Assert.Single(points, point => point.Measurement == "host_memory");
        Assert.Empty(memory.Fields.Keys.Except(Meminfo.Select(row => row.Field + "_bytes").Append("usage_percent")));
        foreach ((string field, string key, double tolerance) in Meminfo) AssertBetween(before.Meminfo(key) * 1024, after.Meminfo(key) * 1024, memory, field + "_bytes", tolerance * (1 << 20));

        Point Of(string measurement, string tag, string value) => Assert.Single(points, point => point.Measurement == measurement && point.Tags[tag] == value);

        Point Await(string measurement)
        {
            Point? found = null;
            Guest.Await(
                () => (found = agent.Points.FirstOrDefault(point => point.Measurement == measurement && point.TimestampNs > before.TimeNs)) is not null
                    && agent.Points[^1].TimestampNs > found.TimestampNs, measurement, () => agent.Log);
            return found!;
        }
    }

    /// <summary>Size and use of a file system that nothing changes, also without inodes and with blocks that only root may use.</summary>
    [GuestFact]
    public void Every_column_of_a_file_system_is_that_of_statfs()
    {
        const string Mounted = "/srv/nsc-host-disk", Image = Mounted + ".image";
        guest.Run($"truncate -s 64M {Image} && mkfs.ext4 -q -m 10 {Image} && mkdir -p {Mounted} && mount -o loop {Image} {Mounted} && dd if=/dev/zero of={Mounted}/file bs=1M count=7 2> /dev/null && sync -f {Mounted}");
        try
        {
            InstalledAgent agent = started.Agent;
            Point? found = null;

            // The running agent may have read it before the file was there, up to a cycle before the point.
            long madeNs = guest.NowNs;
            Guest.Await(
                () => (found = agent.Points.LastOrDefault(point => point.Measurement == "host_filesystem" && point.Tags["mount_point"] == Mounted && point.TimestampNs > madeNs + 2_000_000_000)) is not null,
                "the file system", () => agent.Log);
            long[] figures = [.. guest.Run($"stat -f -c '%S %b %f %a %c %d' {Mounted}").Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
            long block = figures[0];
            Assert.Equal(
                (block * figures[1], block * (figures[1] - figures[2]), block * figures[3]),
                (found!.Integer("size_bytes"), found.Integer("used_bytes"), found.Integer("available_bytes")));
            Assert.True(figures[3] < figures[2], "all blocks are for everybody");
            Assert.Equal((figures[4], figures[4] - figures[5], false), (found.Integer("inodes"), found.Integer("used_inodes"), found.Boolean("read_only")));
            Assert.Equal((guest.Run($"findmnt -n -o SOURCE {Mounted}"), "ext4"), (found.Tags["device"], found.Tags["fstype"]));
        }
        finally
        {
            guest.Run($"umount {Mounted}; rm -rf {Mounted} {Image}");
        }
    }

    private static void AssertBetween(double? first, double? last, Point point, string field, double tolerance = 0)
    {
        if (last is null)
        {
            Assert.False(point.Has(field), field);
            return;
        }

        Assert.True(point.Has(field), $"{point.Measurement} has no {field}");
        double value = Convert.ToDouble(point.Fields[field], CultureInfo.InvariantCulture), low = Math.Min(first!.Value, last.Value) - tolerance, high = Math.Max(first.Value, last.Value) + tolerance;
        Assert.True(value >= low && value <= high, $"{point.Measurement} {string.Join(' ', point.Tags.Values)} {field} is {value}, and not from {low} to {high}");
    }
}
