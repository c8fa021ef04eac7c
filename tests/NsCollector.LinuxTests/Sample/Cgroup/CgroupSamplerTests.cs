using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Cgroup;

/// <summary>Against the cgroups of this kernel: v1 controllers and a cgroup2 tree.</summary>
public sealed class CgroupSamplerTests : IDisposable
{
    private readonly TestCgroup _group = new();
    private readonly AgentCounters _counters = new();
    private readonly ContainerSample _sample = new();
    private readonly List<(CgroupSampler Sampler, ContainerCgroup Cgroup)> _open = [];

    private ReadingSet Scalars => _sample.Scalars;

    public void Dispose()
    {
        foreach ((CgroupSampler sampler, ContainerCgroup cgroup) in _open)
        {
            sampler.Close(cgroup);
            Assert.Equal(0, sampler.HeldFiles);
            sampler.Dispose();
        }

        _group.Dispose();
    }

    private (CgroupSampler Sampler, ContainerCgroup Cgroup) Open(SampleOptions? options = null)
    {
        var roots = new HostRoots();
        var sampler = new CgroupSampler(CgroupMounts.Find(roots), roots, options ?? new SampleOptions(), _counters, NullLogger.Instance);
        ContainerCgroup cgroup = sampler.Open(
            new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, _group.Path), _group.Path, null));
        _open.Add((sampler, cgroup));
        return (sampler, cgroup);
    }

    private CgroupReadResult Read((CgroupSampler Sampler, ContainerCgroup Cgroup) open)
    {
        _sample.Clear();
        return open.Sampler.Read(open.Cgroup, _sample, NowNs());
    }

    private static long NowNs() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    // Other tests run at the same time, so only files of this test's cgroups count.
    private int OpenCgroupFiles() => new DirectoryInfo("/proc/self/fd").GetFiles()
        .Count(f => f.LinkTarget is { } target && target.Contains(_group.Path + "/", StringComparison.Ordinal));

    [Fact]
    public void Counters_lie_between_kernel_values_before_and_after()
    {
        _group.Start("while :; do :; done");
        Assert.True(SpinWait.SpinUntil(() => _group.Number("cpuacct", "cpuacct.usage") > 100_000_000, TimeSpan.FromSeconds(60)));
        var open = Open();
        Read(open);
        for (int round = 0; round < 20; round++)
        {
            (string Controller, string File, Reading Reading)[] files =
            [
                ("cpuacct", "cpuacct.usage", Reading.CpuUsageNs), ("cpuacct", "cpuacct.usage_user", Reading.CpuUserNs),
                ("cpuacct", "cpuacct.usage_sys", Reading.CpuSystemNs), ("memory", "memory.max_usage_in_bytes", Reading.MemoryMaxUsageBytes),
                ("memory", "memory.failcnt", Reading.MemoryFailcnt), ("pids", "pids.peak", Reading.PidsPeak),
            ];
            long[] before = [.. files.Select(f => _group.Number(f.Controller, f.File))];
            Assert.Equal(CgroupReadResult.Complete, Read(open));
            long[] after = [.. files.Select(f => _group.Number(f.Controller, f.File))];
            for (int i = 0; i < files.Length; i++) Assert.InRange(Scalars[files[i].Reading], before[i], after[i]);
        }

        Assert.True(Scalars[Reading.CpuUsageNs] > 100_000_000);
        Assert.Equal(ContainerState.Running, _sample.State);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Cpu_percent_is_usage_over_time_between_readings()
    {
        _group.Start("while :; do :; done");
        Thread.Sleep(100);
        var open = Open();
        Read(open);
        Assert.False(Scalars.Has(Reading.CpuUsagePercent));
        Thread.Sleep(50);
        long firstUsage = Measure(out long firstBefore, out long firstAfter);
        Thread.Sleep(300);
        long secondUsage = Measure(out long secondBefore, out long secondAfter);

        double used = 100.0 * (secondUsage - firstUsage);
        Assert.InRange(Scalars.GetDouble(Reading.CpuUsagePercent), used / (secondAfter - firstBefore), used / (secondBefore - firstAfter));

        long Measure(out long before, out long after)
        {
            before = NowNs();
            Read(open);
            after = NowNs();
            return Scalars[Reading.CpuUsageNs];
        }
    }

    [Fact]
    public void Memory_held_is_in_anon_usage_and_working_set()
    {
        const long Held = 32 << 20;
        Process process = _group.Start("x=$(head -c 33554432 /dev/zero | tr '\\0' x); echo ready; read wait; echo ${#x}");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        var open = Open(new SampleOptions { MemoryStat = true });

        Read(open);

        Dictionary<string, long> stat = File.ReadLines(_group.FileOf("memory", "memory.stat"))
            .Select(l => l.Split(' ')).ToDictionary(p => p[0], p => long.Parse(p[1]));

        // The process waits, so the values do not change, except for the kernel's per-CPU batches, flushed every 2 s.
        const long Batch = 4 << 20;
        Assert.InRange(Scalars[Reading.MemoryAnonBytes], Held, stat["total_rss"] + Batch);
        Near("total_rss", Reading.MemoryAnonBytes);
        Near("total_cache", Reading.MemoryFileBytes);
        Near("total_active_anon", Reading.MemoryActiveAnonBytes);
        Near("total_inactive_anon", Reading.MemoryInactiveAnonBytes);
        Near("total_inactive_file", Reading.MemoryInactiveFileBytes);
        Near("total_mapped_file", Reading.MemoryMappedFileBytes);
        Assert.InRange(Scalars[Reading.MemoryPgfault], Held / 4096 / 16, stat["total_pgfault"]);
        Assert.InRange(Scalars[Reading.MemoryUsageBytes], Held, _group.Number("memory", "memory.max_usage_in_bytes"));
        Assert.Equal(
            Math.Max(0, Scalars[Reading.MemoryUsageBytes] - Scalars[Reading.MemoryInactiveFileBytes]), Scalars[Reading.MemoryWorkingSetBytes]);
        long total = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
        Assert.Equal(100.0 * Scalars[Reading.MemoryWorkingSetBytes] / total, Scalars.GetDouble(Reading.MemoryUsagePercent), 9);
        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.Equal(stat.Keys, Encoding.ASCII.GetString(_sample.MemoryStat).TrimEnd('\n').Split('\n').Select(l => l.Split(' ')[0]));

        void Near(string key, Reading reading) => Assert.InRange(Scalars[reading], stat[key] - Batch, stat[key] + Batch);
    }

    [Fact]
    public void Blkio_direct_writes_are_counted_for_the_device()
    {
        const long Written = 2 << 20;
        string file = "/var/tmp/nsc-test-" + Environment.ProcessId;
        // cgroup v1 counts nothing for a disk until some cgroup has had a limit on it (docs/operations.md); this limit has no effect.
        _group.Write("blkio", "blkio.throttle.write_bps_device", WholeDiskUnder("/var/tmp") + " 100000000000");
        try
        {
            Process process = _group.Start($"dd if=/dev/zero of={file} bs=65536 count=32 oflag=direct conv=fsync 2>/dev/null; echo done; read wait");
            Assert.Equal("done", process.StandardOutput.ReadLine());

            Read(Open());
        }
        finally
        {
            File.Delete(file);
        }

        Dictionary<string, long> kernel = File.ReadLines(_group.FileOf("blkio", "blkio.throttle.io_service_bytes_recursive"))
            .Select(l => l.Split(' ')).Where(p => p.Length == 3).ToDictionary(p => p[0] + " " + p[1], p => long.Parse(p[2]));
        string number = kernel.MaxBy(p => p.Value).Key.Split(' ')[0];
        string name = Path.GetFileName(File.ResolveLinkTarget("/sys/dev/block/" + number, false)!.FullName);
        Row row = Enumerable.Range(0, _sample.Devices.Count).Select(i => _sample.Devices[i]).Single(r => Encoding.ASCII.GetString(r.Key) == name);
        Assert.True(row.Readings[Reading.BlkioWriteBytes] >= Written);
        Assert.InRange(row.Readings[Reading.BlkioWriteOps], 1, 10_000);
        Assert.Equal(kernel[number + " Write"], row.Readings[Reading.BlkioWriteBytes]);
        Assert.Equal(kernel[number + " Read"], row.Readings[Reading.BlkioReadBytes]);
        Assert.Equal(kernel[number + " Sync"], row.Readings[Reading.BlkioSyncBytes]);
    }

    /// <summary>MAJOR:MINOR of the disk, not of a partition, which has no counters of its own in a cgroup.</summary>
    private static string WholeDiskUnder(string directory)
    {
        string number = Command.Run("sh", "-c", $"mountpoint -d $(df -P {directory} | awk 'END {{ print $6 }}')").Trim();
        string path = Command.Run("readlink", "-f", $"/sys/dev/block/{number}").Trim();
        if (File.Exists(path + "/partition")) path = Path.GetDirectoryName(path)!;
        return File.ReadAllText(path + "/dev").Trim();
    }

    [Fact]
    public void Limits_equal_what_was_set()
    {
        _group.Write("memory", "memory.limit_in_bytes", "67108864");
        _group.Write("memory", "memory.memsw.limit_in_bytes", "100663296");
        _group.Write("cpu", "cpu.cfs_quota_us", "25000");
        _group.Write("cpu", "cpu.shares", "512");
        _group.Write("pids", "pids.max", "77");

        Read(Open());

        Assert.Equal(67108864, Scalars[Reading.MemoryLimitBytes]);
        Assert.Equal(100663296 - 67108864, Scalars[Reading.MemorySwapLimitBytes]);
        Assert.Equal(0.25, Scalars.GetDouble(Reading.CpuLimitCores));
        Assert.Equal(512, Scalars[Reading.CpuWeight]);
        Assert.Equal(77, Scalars[Reading.PidsLimit]);
        Assert.Equal(ContainerState.Empty, _sample.State);
    }

    [Fact]
    public void Throttled_container_counts_throttling()
    {
        _group.Write("cpu", "cpu.cfs_quota_us", "10000");
        _group.Start("while :; do :; done");
        var open = Open();
        SpinWait.SpinUntil(() => Read(open) == CgroupReadResult.Complete && Scalars[Reading.CpuNrThrottled] > 2, TimeSpan.FromSeconds(60));

        Read(open);

        Dictionary<string, long> after = File.ReadLines(_group.FileOf("cpu", "cpu.stat")).Select(l => l.Split(' ')).ToDictionary(p => p[0], p => long.Parse(p[1]));
        Assert.InRange(Scalars[Reading.CpuNrThrottled], 3, after["nr_throttled"]);
        Assert.InRange(Scalars[Reading.CpuNrPeriods], 3, after["nr_periods"]);
        Assert.InRange(Scalars[Reading.CpuThrottledNs], 1_000_000, after["throttled_time"]);
    }

    [Fact]
    public void Frozen_is_paused_and_failed_fork_is_counted()
    {
        // A shell that cannot fork exits; the first one continues.
        _group.Start("while :; do :; done");
        Assert.True(SpinWait.SpinUntil(() => _group.Number("pids", "pids.current") == 1, TimeSpan.FromSeconds(60)));
        _group.Write("pids", "pids.max", "1");
        _group.Start("sleep 60").WaitForExit();
        _group.Write("freezer", "freezer.state", "FROZEN");
        Assert.True(SpinWait.SpinUntil(() => _group.Read("freezer", "freezer.state") == "FROZEN\n", TimeSpan.FromSeconds(60)));

        Read(Open());
        _group.Write("freezer", "freezer.state", "THAWED");

        Assert.Equal(ContainerState.Paused, _sample.State);
        Assert.InRange(Scalars[Reading.PidsMaxEvents], 1, long.Parse(_group.Read("pids", "pids.events").Split(' ')[1]));
    }

    [Fact]
    public void Pressure_is_read_from_unified_hierarchy()
    {
        _group.Start("while :; do :; done");
        var open = Open();
        string[] names = ["cpu", "memory", "io", "irq"];
        string[] offered = [.. names.Where(n => File.Exists(_group.FileOf("unified", n + ".pressure")))];
        Assert.NotEmpty(offered);
        foreach (string name in offered)
        {
            long before = Total(name);
            Read(open);
            long after = Total(name);
            Row row = Enumerable.Range(0, _sample.Pressure.Count).Select(i => _sample.Pressure[i]).Single(r => Encoding.ASCII.GetString(r.Key) == name);
            Assert.InRange(row.Readings[Reading.PressureSomeTotalUs], before, after);
            Assert.True(row.Readings.Has(Reading.PressureSomeAvg300));
        }

        Assert.Equal(offered.Length, _sample.Pressure.Count);

        long Total(string name) => long.Parse(_group.Read("unified", name + ".pressure").Split('\n')[0].Split("total=")[1]);
    }

    [Fact]
    public void Cgroup_recreated_at_same_path_has_vanished()
    {
        _group.Start("sleep infinity");
        var open = Open();
        Assert.Equal(CgroupReadResult.Complete, Read(open));
        _group.Remove();
        _group.Make();
        _group.Start("while :; do :; done");
        Assert.True(SpinWait.SpinUntil(() => _group.Number("cpuacct", "cpuacct.usage") > 100_000_000, TimeSpan.FromSeconds(60)));
        Assert.Equal(CgroupReadResult.Vanished, Read(open));
        Assert.Equal(CgroupReadResult.Vanished, Read(open));
        Assert.Equal(0, OpenCgroupFiles());
    }

    [Fact]
    public void Pressure_file_switched_off_is_absent_not_vanished()
    {
        _group.Start("sleep 60");
        var open = Open();
        Read(open);
        Assert.NotEqual(0, _sample.Pressure.Count);
        _group.Write("unified", "cgroup.pressure", "0");

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(CgroupReadResult.Complete, Read(open));
            Assert.Equal(0, _sample.Pressure.Count);
        }

        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Rmdir_container_has_vanished_and_nothing_is_held(int maxHeldFiles)
    {
        _group.Start("sleep 60");
        int before = OpenCgroupFiles();
        var open = Open(new SampleOptions { MaxHeldFiles = maxHeldFiles });
        Read(open);
        Assert.Equal(CgroupReadResult.Complete, Read(open));
        Assert.InRange(OpenCgroupFiles() - before, 1, maxHeldFiles > 0 ? maxHeldFiles : 100);

        _group.Remove();

        Assert.Equal(CgroupReadResult.Vanished, Read(open));
        Assert.Equal(before, OpenCgroupFiles());
        Assert.Equal(0, open.Sampler.HeldFiles);
        Assert.Equal(0, open.Cgroup.HeldFiles);
        Assert.Equal(CgroupReadResult.Vanished, Read(open));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Removal_in_progress_reads_remaining_hierarchies()
    {
        var open = Open();
        Read(open);
        Read(open);
        _group.RemoveFrom("/sys/fs/cgroup/memory");

        Assert.Equal(CgroupReadResult.PartlyVanished, Read(open));

        Assert.True(Scalars.Has(Reading.CpuUsageNs));
        Assert.False(Scalars.Has(Reading.MemoryUsageBytes));
        Assert.True(Scalars.Has(Reading.PidsCurrent));
    }

    [Fact]
    public void Unheld_files_give_same_values_as_held_files()
    {
        Process process = _group.Start("x=$(head -c 9999999 /dev/zero | tr '\\0' x); echo ready; read wait; echo ${#x}");
        process.StandardOutput.ReadLine();
        _group.Write("freezer", "freezer.state", "FROZEN");
        SpinWait.SpinUntil(() => _group.Read("freezer", "freezer.state") == "FROZEN\n", TimeSpan.FromSeconds(60));
        try
        {
            // The kernel flushes its per-CPU batches every 2 s; after that the values of a frozen group do not change.
            Thread.Sleep(2500);
            var held = Open();
            var unheld = Open(new SampleOptions { MaxHeldFiles = 1 });
            for (int i = 0; i < 3; i++) Read(held);
            long[] first = [.. AllScalars()];
            Assert.Equal(held.Sampler.CycleFilesPerContainer, held.Sampler.HeldFilesPerContainer);
            for (int i = 0; i < 3; i++) Read(unheld);
            long[] second = [.. AllScalars()];

            Assert.Equal(1, unheld.Sampler.HeldFiles);
            Assert.Equal(1, unheld.Sampler.HeldFilesPerContainer);
            Assert.InRange(_counters[AgentCounter.FilesOverBudget], 2 * 10, 3 * 40);
            Assert.Equal(first, second);
        }
        finally
        {
            _group.Write("freezer", "freezer.state", "THAWED");
        }

        IEnumerable<long> AllScalars() => Enumerable.Range((int)Scalars.First, Scalars.Last - Scalars.First + 1).Select(r => (Reading)r)
            .Where(r => r is not (Reading.CpuUsagePercent or Reading.MemoryUsageBytes or Reading.MemoryWorkingSetBytes or Reading.MemoryUsagePercent))
            .Select(r => Scalars.TryGet(r, out long value) ? value : -1);
    }

    [Fact]
    public void HeldFiles_equals_open_descriptors()
    {
        int before = OpenCgroupFiles();
        var open = Open();
        Read(open);
        Read(open);

        Assert.InRange(open.Sampler.HeldFiles, 10, 40);
        Assert.Equal(open.Sampler.HeldFiles, OpenCgroupFiles() - before);
        open.Sampler.Close(open.Cgroup);
        Assert.Equal(before, OpenCgroupFiles());
    }

    [Fact]
    public void Read_steady_allocates_nothing()
    {
        _group.Start("while :; do :; done");
        var open = Open(new SampleOptions { CpuCores = true, MemoryStat = true, LimitsInterval = TimeSpan.FromMilliseconds(1) });
        for (int i = 0; i < 200; i++) Read(open);

        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 1000; i++) Read(open);
        }));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }
}
