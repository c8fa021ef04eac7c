using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Cgroup;

/// <summary>container_limits and container_memory_detail against the v1 cgroups of this kernel.</summary>
public sealed class LimitsTests : IDisposable
{
    private readonly TestCgroup _group = new();
    private readonly AgentCounters _counters = new();
    private readonly ContainerSample _sample = new();
    private readonly CgroupSampler _sampler;
    private ContainerCgroup? _cgroup;
    private int _init = -1;

    public LimitsTests()
    {
        var roots = new HostRoots();
        var options = new SampleOptions { Limits = true, MemoryDetail = true, LimitsInterval = TimeSpan.FromMilliseconds(100) };
        _sampler = new CgroupSampler(CgroupMounts.Find(roots), roots, options, _counters, NullLogger.Instance);
    }

    private ReadingSet Limits => _sample.Limits!.Readings;

    private ReadingSet Detail => _sample.MemoryDetail!.Readings;

    public void Dispose()
    {
        if (_cgroup is not null) _sampler.Close(_cgroup);
        Assert.Equal(0, _sampler.HeldFiles);
        _sampler.Dispose();
        _group.Dispose();
        if (_init >= 0) Libc.Close(_init);
    }

    private void Read(Process? init = null, long atNs = 0)
    {
        if (_cgroup is null)
        {
            ProcessDirectory? process = null;
            if (init is not null)
            {
                _init = Libc.Openat(Libc.AT_FDCWD, Encoding.ASCII.GetBytes($"/proc/{init.Id}\0"), Libc.O_PATH | Libc.O_DIRECTORY);
                process = new ProcessDirectory(_init, init.Id, 0);
            }

            _cgroup = _sampler.Open(new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, _group.Path), _group.Path, process));
        }

        _sample.Clear();
        Assert.Equal(CgroupReadResult.Complete, _sampler.Read(_cgroup, _sample, atNs));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Limits_are_what_was_written()
    {
        string disk = File.ReadAllText(Directory.GetDirectories("/sys/class/block").Order(StringComparer.Ordinal).First() + "/dev").Trim();
        _group.Write("cpu", "cpu.cfs_period_us", "50000");
        _group.Write("cpu", "cpu.cfs_quota_us", "75000");
        _group.Write("cpu", "cpu.cfs_burst_us", "10000");
        _group.Write("cpu", "cpu.shares", "512");
        _group.Write("memory", "memory.limit_in_bytes", "134217728");
        _group.Write("memory", "memory.memsw.limit_in_bytes", "268435456");
        _group.Write("memory", "memory.soft_limit_in_bytes", "67108864");
        _group.Write("memory", "memory.kmem.tcp.limit_in_bytes", "1048576");
        _group.Write("memory", "memory.swappiness", "17");
        _group.Write("memory", "memory.oom_control", "1");
        _group.Write("pids", "pids.max", "77");
        _group.Write("cpuset", "cpuset.cpus", "0");
        _group.Write("blkio", "blkio.throttle.read_bps_device", disk + " 1048576");
        _group.Write("blkio", "blkio.throttle.write_iops_device", disk + " 120");
        _group.Write("blkio", "blkio.bfq.weight", "333");

        Read();

        Assert.Equal((75_000L, 50_000L, 10_000L, 512L), (Limits[Reading.LimitsCpuQuotaUs], Limits[Reading.LimitsCpuPeriodUs], Limits[Reading.LimitsCpuBurstUs], Limits[Reading.LimitsCpuShares]));
        Assert.Equal((128L << 20, 256L << 20, 64L << 20), (Limits[Reading.LimitsMemoryLimitBytes], Limits[Reading.LimitsMemoryMemswLimitBytes], Limits[Reading.LimitsMemorySoftLimitBytes]));
        Assert.Equal((1L << 20, 17L, 1L), (Limits[Reading.LimitsMemoryKmemTcpLimitBytes], Limits[Reading.LimitsMemorySwappiness], Limits[Reading.LimitsMemoryOomKillDisable]));
        Assert.Equal((77L, 1L, 1L), (Limits[Reading.LimitsPidsLimit], Limits[Reading.LimitsCpusetCpusCount], Limits[Reading.LimitsCpusetMemsCount]));
        Assert.Equal(("0", "0"), (Text(_sample.Limits!.CpusetCpus), Text(_sample.Limits.CpusetCpusEffective)));
        Assert.Equal(_group.Read("cpuset", "cpuset.effective_mems").Trim(), Text(_sample.Limits.CpusetMemsEffective));
        Assert.Equal(333, Limits[Reading.LimitsIoBfqWeight]);
        Row device = _sample.Limits.Devices[0];
        Assert.Equal(disk, File.ReadAllText($"/sys/class/block/{Encoding.ASCII.GetString(device.Key)}/dev").Trim());
        Assert.Equal((1, 1L << 20, 120L), (_sample.Limits.Devices.Count, device.Readings[Reading.LimitsDeviceReadBps], device.Readings[Reading.LimitsDeviceWriteIops]));
        Assert.False(device.Readings.Has(Reading.LimitsDeviceWriteBps));

        // SCHED_IDLE, which gives up the shares.
        _group.Write("cpu", "cpu.idle", "1");
        Read(atNs: 1_000_000_000);
        Assert.Equal((1L, _group.Number("cpu", "cpu.shares")), (Limits[Reading.LimitsCpuIdle], Limits[Reading.LimitsCpuShares]));
    }

    [Fact]
    public void Weight_of_a_device_with_bfq_is_the_kernels()
    {
        using TemporaryDirectory directory = new();
        string loop = Path.GetFileName(Command.Run("losetup", "--find", "--show", directory.Write("disk", new string('x', 1 << 20))));
        string device = File.ReadAllText($"/sys/block/{loop}/dev").Trim(), scheduler = $"/sys/block/{loop}/queue/scheduler";
        try
        {
            // The kernel accepts a weight only for a device with this scheduler. Writing the default removes the weights of devices.
            File.WriteAllText(scheduler, "bfq");
            _group.Write("blkio", "blkio.bfq.weight", "222");
            _group.Write("blkio", "blkio.bfq.weight_device", device + " 444");

            Read();

            Assert.Equal($"default 222\n{device} 444\n", _group.Read("blkio", "blkio.bfq.weight_device"));
            Row row = _sample.Limits!.Devices[0];
            Assert.Equal((1, loop), (_sample.Limits.Devices.Count, Encoding.ASCII.GetString(row.Key)));
            Assert.Equal((222L, 444L), (Limits[Reading.LimitsIoBfqWeight], row.Readings[Reading.LimitsDeviceBfqWeight]));
        }
        finally
        {
            File.WriteAllText(scheduler, "none");
            Command.Run("losetup", "--detach", "/dev/" + loop);
        }
    }

    [Fact]
    public void Limits_that_are_not_set_are_absent()
    {
        Read();

        Assert.All(
            (Reading[])[Reading.LimitsCpuQuotaUs, Reading.LimitsCpuPeriodUs, Reading.LimitsMemoryLimitBytes, Reading.LimitsMemorySoftLimitBytes, Reading.LimitsMemoryMemswLimitBytes,
                Reading.LimitsMemoryKmemLimitBytes, Reading.LimitsMemoryKmemTcpLimitBytes, Reading.LimitsPidsLimit, Reading.LimitsOomScoreAdj, Reading.LimitsRlimitNofileSoft],
            reading => Assert.False(Limits.Has(reading), reading.ToString()));
        Assert.Equal((0L, 0L, 0L), (Limits[Reading.LimitsCpuIdle], Limits[Reading.LimitsCpuBurstUs], Limits[Reading.LimitsMemoryOomKillDisable]));
        Assert.Equal((0, 0), (_sample.Limits!.Devices.Count, _sample.Limits.Hugetlb.Count));
        Assert.Equal(_group.Number("cpu", "cpu.shares"), Limits[Reading.LimitsCpuShares]);
    }

    [Fact]
    public void Limits_of_init_are_those_that_it_set_itself()
    {
        Process process = _group.Start("ulimit -S -n 123; ulimit -H -n 456; ulimit -c 0; ulimit -s 4096; echo 345 > /proc/$$/oom_score_adj; echo ready; read wait");
        Assert.Equal("ready", process.StandardOutput.ReadLine());

        Read(process);

        Assert.Equal((123L, 456L), (Limits[Reading.LimitsRlimitNofileSoft], Limits[Reading.LimitsRlimitNofileHard]));
        Assert.Equal((0L, 0L, 4L << 20), (Limits[Reading.LimitsRlimitCoreSoft], Limits[Reading.LimitsRlimitCoreHard], Limits[Reading.LimitsRlimitStackSoft]));
        Assert.False(Limits.Has(Reading.LimitsRlimitRttimeSoft));
        Assert.Equal(345, Limits[Reading.LimitsOomScoreAdj]);

        // A process that has ended has no limits, and that is no error.
        process.Kill();
        process.WaitForExit();
        Read(atNs: 1_000_000_000);
        Assert.True(_sample.Limits!.WasRead);
        Assert.False(Limits.Has(Reading.LimitsRlimitNofileSoft) || Limits.Has(Reading.LimitsOomScoreAdj));
    }

    [Fact]
    public void Detail_is_what_the_kernel_counts()
    {
        Process process = _group.Start("x=$(head -c 33554432 /dev/zero | tr '\\0' x); sleep 100 & sleep 100 & echo ready; read wait; echo ${#x}");
        Assert.Equal("ready", process.StandardOutput.ReadLine());

        (string File, Reading Reading)[] files =
        [
            ("memory.memsw.max_usage_in_bytes", Reading.MemoryDetailMemswMaxUsageBytes), ("memory.memsw.failcnt", Reading.MemoryDetailMemswFailcnt),
            ("memory.kmem.max_usage_in_bytes", Reading.MemoryDetailKmemMaxUsageBytes), ("memory.kmem.failcnt", Reading.MemoryDetailKmemFailcnt),
            ("memory.kmem.tcp.max_usage_in_bytes", Reading.MemoryDetailKmemTcpMaxUsageBytes), ("memory.kmem.tcp.failcnt", Reading.MemoryDetailKmemTcpFailcnt),
        ];
        long[] before = [.. files.Select(file => _group.Number("memory", file.File))];
        Read();
        for (int i = 0; i < files.Length; i++) Assert.InRange(Detail[files[i].Reading], before[i], _group.Number("memory", files[i].File));

        Assert.InRange(Detail[Reading.MemoryDetailMemswUsageBytes], 32 << 20, Detail[Reading.MemoryDetailMemswMaxUsageBytes]);
        Assert.Equal((_sample.Scalars[Reading.MemoryKernelBytes], 0L), (Detail[Reading.MemoryDetailKmemUsageBytes], Detail[Reading.MemoryDetailUnderOom]));
        Assert.Equal(_group.Read("pids", "cgroup.procs").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, _sample.Scalars[Reading.PidsProcesses]);
        Assert.Equal(3, _sample.Scalars[Reading.PidsProcesses]);

        // The kernel's per-CPU batches are flushed every 2 s.
        RowTable nodes = _sample.MemoryDetail!.Nodes;
        Assert.Equal(Directory.GetDirectories("/sys/devices/system/node", "node*").Length, nodes.Count);
        Assert.True(nodes.TrySum(Reading.MemoryNodeTotalBytes, out long total));
        string line = _group.Read("memory", "memory.numa_stat").Split('\n').Single(text => text.StartsWith("hierarchical_total=", StringComparison.Ordinal));
        long pages = long.Parse(line.Split(' ')[0]["hierarchical_total=".Length..]);
        Assert.InRange(total, (32 << 20) - (4 << 20), (pages * Environment.SystemPageSize) + (4 << 20));
        Assert.True(nodes.TrySum(Reading.MemoryNodeLruAnonBytes, out long anon));
        Assert.InRange(anon, (32 << 20) - (4 << 20), total);
    }

    [Fact]
    public void Detail_and_failures_at_a_memory_limit_are_the_kernels()
    {
        using TemporaryDirectory directory = new();
        _group.Write("memory", "memory.limit_in_bytes", "8388608");
        _group.Write("memory", "memory.memsw.limit_in_bytes", "16777216");

        // The kernel reclaims the page cache at the limit, so nothing is killed.
        Process process = _group.Start($"dd if=/dev/zero of='{directory["file"]}' bs=1M count=32 2> /dev/null; echo ready; read wait");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        Read();
        Assert.InRange(_sample.Scalars[Reading.MemoryFailcnt], 1, _group.Number("memory", "memory.failcnt"));
        Assert.InRange(Detail[Reading.MemoryDetailMemswMaxUsageBytes], 7 << 20, _group.Number("memory", "memory.memsw.max_usage_in_bytes"));

        // Since 6.15 the kernel counts only failures at the memory limit (track_failcnt in mem_cgroup_css_alloc, mm/memcontrol.c).
        Assert.Equal((_group.Number("memory", "memory.memsw.failcnt"), _group.Number("memory", "memory.kmem.failcnt")), (Detail[Reading.MemoryDetailMemswFailcnt], Detail[Reading.MemoryDetailKmemFailcnt]));
    }

    [Fact]
    public void Detail_of_full_tcp_buffers_is_the_kernels()
    {
        const int Limit = 131072;
        using TemporaryDirectory directory = new();
        _group.Write("memory", "memory.kmem.tcp.limit_in_bytes", $"{Limit}");

        // The receiver never reads, so the buffers of both sides become full. Without an open input, it would close the connection.
        Process process = _group.Start($"""
            mkfifo '{directory["pipe"]}'; exec 3<> '{directory["pipe"]}'
            exec unshare -n sh -c 'ip link set lo up; sleep 1000 | busybox nc -l -p 9000 > "{directory["pipe"]}" & until busybox nc 127.0.0.1 9000 < /dev/zero; do sleep 0.1; done'
            """);
        Eventually.True(() => _group.Number("memory", "memory.kmem.tcp.max_usage_in_bytes") >= Limit, "TCP buffers at their limit", () => $"{process.HasExited} {_group.Number("memory", "memory.kmem.tcp.usage_in_bytes")}");

        (long failcnt, long most) = (_group.Number("memory", "memory.kmem.tcp.failcnt"), _group.Number("memory", "memory.kmem.tcp.max_usage_in_bytes"));
        Read();
        Assert.InRange(Detail[Reading.MemoryDetailKmemTcpFailcnt], failcnt, _group.Number("memory", "memory.kmem.tcp.failcnt"));
        Assert.InRange(Detail[Reading.MemoryDetailKmemTcpMaxUsageBytes], most, _group.Number("memory", "memory.kmem.tcp.max_usage_in_bytes"));
        Assert.InRange(Detail[Reading.MemoryDetailKmemTcpUsageBytes], 1, Detail[Reading.MemoryDetailKmemTcpMaxUsageBytes]);
        Assert.Equal(Detail[Reading.MemoryDetailKmemTcpUsageBytes], _sample.Scalars[Reading.MemoryKernelTcpBytes]);
        Assert.Equal(Limit, Limits[Reading.LimitsMemoryKmemTcpLimitBytes]);
    }

    [Fact]
    public void Detail_is_under_oom_while_processes_wait_at_the_limit()
    {
        _group.Write("memory", "memory.limit_in_bytes", "8388608");
        _group.Write("memory", "memory.memsw.limit_in_bytes", "8388608");
        _group.Write("memory", "memory.oom_control", "1");
        Process process = _group.Start("x=0123456789abcdef; while :; do x=$x$x; done");
        Eventually.True(() => _group.Read("memory", "memory.oom_control").Contains("under_oom 1\n", StringComparison.Ordinal), "a process that waits", () => $"{process.HasExited}");
        Read();
        Assert.Equal((1L, 1L), (Detail[Reading.MemoryDetailUnderOom], Limits[Reading.LimitsMemoryOomKillDisable]));

        process.Kill();
        process.WaitForExit();
        Eventually.True(() => _group.Read("memory", "memory.oom_control").Contains("under_oom 0\n", StringComparison.Ordinal), "its end");
        Read(atNs: 1_000_000_000);
        Assert.Equal(0, Detail[Reading.MemoryDetailUnderOom]);
    }

    [Fact]
    public void Processes_are_absent_if_the_container_has_a_cgroup_below()
    {
        Process process = _group.Start("echo ready; exec sleep 100");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        string below = _group.FileOf("pids", "below");
        Directory.CreateDirectory(below);
        try
        {
            Read();
            Assert.False(_sample.Scalars.Has(Reading.PidsProcesses));
        }
        finally
        {
            Directory.Delete(below);
        }

        Read(atNs: 1_000_000_000);
        Assert.Equal(1, _sample.Scalars[Reading.PidsProcesses]);
    }

    [Fact]
    public void Processes_are_current_however_short_the_interval()
    {
        for (int processes = 1; processes <= 5; processes++)
        {
            Process process = _group.Start("echo ready; exec sleep 100");
            Assert.Equal("ready", process.StandardOutput.ReadLine());
            Read(atNs: processes);
            Assert.Equal(processes, _sample.Scalars[Reading.PidsProcesses]);
        }
    }

    [Fact]
    public void Task_states_are_those_of_the_processes()
    {
        Process process = _group.Start("sleep 100 & sleep 100 & kill -STOP $!; while :; do :; done & echo ready; read wait");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        Assert.True(SpinWait.SpinUntil(() => States() == "RSST", TimeSpan.FromSeconds(20)), States());

        Read();

        ReadingSet scalars = _sample.Scalars;
        Assert.Equal((1L, 1L, 0L, 0L), (scalars[Reading.PidsRunning], scalars[Reading.PidsStopped], scalars[Reading.PidsUninterruptible], scalars[Reading.PidsIoWait]));
        Assert.Equal(4, scalars[Reading.PidsProcesses]);

        string States() => string.Concat(_group.Read("pids", "tasks").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(task => File.ReadAllText($"/proc/{task}/stat")).Select(stat => stat[(stat.LastIndexOf(')') + 2)]).Order());
    }

    [Fact]
    public void Detail_throttled_time_lies_between_kernel_values()
    {
        // 6.6 and later have the file on v1 as well.
        Assert.True(File.Exists(_group.FileOf("cpu", "cpu.stat.local")));
        _group.Write("cpu", "cpu.cfs_quota_us", "5000");
        _group.Start("while :; do :; done");
        Assert.True(SpinWait.SpinUntil(() => Throttled() > 100_000_000, TimeSpan.FromSeconds(60)));
        long before = Throttled();
        Read();
        Assert.InRange(_sample.Scalars[Reading.CpuLocalThrottledNs], before, Throttled());

        long Throttled() => long.Parse(_group.Read("cpu", "cpu.stat.local").Split(' ')[1]);
    }

    [Fact]
    public void Limits_and_detail_allocate_nothing_once_they_were_read()
    {
        Process process = _group.Start("echo ready; read wait");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        for (int i = 0; i < 30; i++) Read(process, i * 1_000_000_000L);
        long atNs = 30_000_000_000;
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 30; i++)
            {
                _sample.Clear();
                _sampler.Read(_cgroup!, _sample, atNs += 1_000_000_000);
            }
        }));
        Assert.True(_sample.Limits!.WasRead);
    }

    private static string Text(BoundedText text) => Encoding.ASCII.GetString(text.Bytes);
}
