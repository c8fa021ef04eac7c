using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.LinuxTests.Discover;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.HostMetrics;

/// <summary>
/// The host's readings beside the kernel's files of the same moment. Process 1 is a process with a mount namespace of its own, because
/// the machine's may be protected.
/// </summary>
[Collection(NamespaceTests.Name)]
public sealed class HostSamplerTests : IDisposable
{
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _log = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly NamespaceProcess _first = NamespaceProcess.Start("unshare", "-m", "--", "sleep", "infinity");
    private readonly CgroupSampler _cgroups;
    private readonly HostSampler _sampler;

    public HostSamplerTests()
    {
        _first.WaitForSleep();
        string proc = Directory.CreateDirectory(_directory["proc"]).FullName;
        foreach (string name in (string[])["stat", "meminfo", "loadavg", "vmstat", "diskstats", "pressure", "sys"])
            File.CreateSymbolicLink($"{proc}/{name}", $"/proc/{name}");
        File.CreateSymbolicLink($"{proc}/1", $"/proc/{_first.Pid}");
        var roots = new HostRoots();
        _cgroups = new CgroupSampler(CgroupMounts.Find(roots), roots, new SampleOptions(), _counters, NullLogger.Instance);
        _sampler = new HostSampler(new HostOptions(), TimeSpan.FromSeconds(10), roots with { Proc = proc }, _cgroups.Reader.Files, _counters, _log);
    }

    public void Dispose()
    {
        _sampler.Dispose();
        _cgroups.Dispose();
        _first.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Cores_and_sockets_are_those_of_lscpu()
    {
        string[][] processors = [.. Command.Run("lscpu", "-p=CORE,SOCKET").Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(','))];
        HostSample sample = Read();
        Assert.Equal(processors.Select(one => one[0]).Distinct().Count(), sample.Cpu[Reading.HostCpuPhysicalCores]);
        Assert.Equal(processors.Select(one => one[1]).Distinct().Count(), sample.Cpu[Reading.HostCpuSockets]);
    }

    [Fact]
    public void Counters_lie_between_two_readings_of_the_kernels_files()
    {
        _ = Read();
        string[] before = Texts();
        HostSample sample = Read();
        string[] after = Texts();
        (Reading Reading, ReadingSet Set, int File, string Key, int Column, long Factor)[] counters =
        [
            (Reading.HostCpuUserNs, sample.Cpu, 0, "cpu", 1, 10_000_000),
            (Reading.HostCpuIdleNs, sample.Cpu, 0, "cpu", 4, 10_000_000),
            (Reading.HostCpuSoftirqNs, sample.Cpu, 0, "cpu", 7, 10_000_000),
            (Reading.HostCpuContextSwitches, sample.Cpu, 0, "ctxt", 1, 1),
            (Reading.HostCpuInterrupts, sample.Cpu, 0, "intr", 1, 1),
            (Reading.HostCpuForks, sample.Cpu, 0, "processes", 1, 1),
            (Reading.HostVmPgfault, sample.Vmstat, 1, "pgfault", 1, 1),
            (Reading.HostVmPgpgoutBytes, sample.Vmstat, 1, "pgpgout", 1, 1024),
            (Reading.HostVmOomKill, sample.Vmstat, 1, "oom_kill", 1, 1),
        ];
        Assert.All(counters, counter => Assert.InRange(
            counter.Set[counter.Reading],
            Number(before[counter.File], counter.Key, counter.Column) * counter.Factor,
            Number(after[counter.File], counter.Key, counter.Column) * counter.Factor));
        Assert.Equal(Environment.ProcessorCount, sample.Cpu[Reading.HostCpuCount]);
        Assert.InRange(sample.Cpu.GetDouble(Reading.HostCpuUsagePercent), 0, 100);
        Assert.InRange(sample.Memory.GetDouble(Reading.HostMemoryUsagePercent), 0.1, 100);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);

        static string[] Texts() => [File.ReadAllText("/proc/stat"), File.ReadAllText("/proc/vmstat")];
    }

    [Fact]
    public void Every_key_of_meminfo_lies_between_two_readings_of_it()
    {
        Field[] fields = [.. HostMemoryFields.Measurement.Fields.Where(field => field.SourceV1.Keys.Length > 0)];
        Assert.Equal(["usage_percent"], HostMemoryFields.Measurement.Fields.Except(fields).Select(field => field.Name));

        // Free memory can rise and fall again between two readings, so some fields need another attempt.
        HashSet<Field> left = [.. fields];
        Eventually.True(
            () =>
            {
                Dictionary<string, long> before = Meminfo();
                ReadingSet memory = Read().Memory;
                Dictionary<string, long> after = Meminfo();
                left.RemoveWhere(field => IsBetween(field, before, memory, after));
                return left.Count == 0;
            },
            "each field between two readings of the kernel's file", () => string.Join(' ', left.Select(field => field.Name)), TimeSpan.FromSeconds(20));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);

        static bool IsBetween(Field field, Dictionary<string, long> before, ReadingSet memory, Dictionary<string, long> after)
        {
            KernelKey source = field.SourceV1.Keys[0];
            bool isRead = memory.TryGet((Reading)field.Index, out long value);
            if (!before.TryGetValue(source.Key, out long first) || !after.TryGetValue(source.Key, out long last)) return !isRead;
            return isRead && value >= Math.Min(first, last) * source.Factor && value <= Math.Max(first, last) * source.Factor;
        }

        static Dictionary<string, long> Meminfo() =>
            File.ReadLines("/proc/meminfo").Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries)).ToDictionary(words => words[0], words => Number(words[1]));
    }

    [Fact]
    public void Connection_tracking_is_that_of_the_kernels_files()
    {
        const string Files = "/proc/sys/net/netfilter/nf_conntrack_";

        // It may be a module. Without it, there are no files and no readings.
        Command.Try("sh", "-c", "modprobe nf_conntrack");
        ReadingSet conntrack = Read().Conntrack;
        if (File.Exists(Files + "count"))
        {
            long count = -1;
            Eventually.True(
                () =>
                {
                    count = Number(File.ReadAllText(Files + "count"));
                    conntrack = Read().Conntrack;
                    return Number(File.ReadAllText(Files + "count")) == count;
                },
                "a moment without a new connection");
            Assert.Equal((count, Number(File.ReadAllText(Files + "max"))), (conntrack[Reading.ConntrackCount], conntrack[Reading.ConntrackMax]));
        }
        else
        {
            Assert.False(conntrack.Has(Reading.ConntrackCount) || conntrack.Has(Reading.ConntrackMax));
        }

        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Usage_percent_is_that_of_the_busy_processors()
    {
        _ = Read();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Thread[] busy = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() => { while (!stop.IsCancellationRequested) { } }))];
        foreach (Thread thread in busy) thread.Start();
        foreach (Thread thread in busy) thread.Join();
        Assert.InRange(Read().Cpu.GetDouble(Reading.HostCpuUsagePercent), 70, 100);
    }

    [Fact]
    public void Every_key_of_the_catalogue_is_one_of_this_kernel()
    {
        HostSample sample = Read();
        Assert.All(MetricCatalogue.Measurements, measurement =>
        {
            if (sample.SetOf(measurement.Part) is not { } set || measurement.Part == SamplePart.HostConntrack) return;
            string[] missing = [.. measurement.Fields.Where(field => !set.Has((Reading)field.Index)).Select(field => field.Name)];

            // The first reading has no percentage; a kernel without swap or huge pages lacks theirs.
            Assert.Empty(missing.Except(["usage_percent", "anon_huge_pages_bytes", "swap_cached_bytes", "pswpin", "pswpout", "compact_stall", "workingset_refault_anon", "workingset_refault_file"]));
        });
    }

    [Fact]
    public void Disk_appears_and_goes_in_the_next_cycle_with_the_kernels_numbers()
    {
        string file = _directory.Write("disk", new string('x', 4 << 20));
        string device = Command.Run("losetup", "-f", "--show", file).Trim();
        try
        {
            string name = Path.GetFileName(device);
            _ = Read();
            Command.Run("dd", $"if={device}", "of=/dev/null", "bs=1M", "iflag=direct");
            Command.Run("dd", "if=/dev/zero", $"of={device}", "bs=1M", "count=2", "oflag=direct", "conv=fsync");
            Command.Run("blkdiscard", "-o", "0", "-l", "1048576", device);
            Row row = Row(Read().Disks, name)!;
            string[] columns = File.ReadLines("/proc/diskstats").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Single(columns => columns[2] == name);
            AssertDisk(columns, columns, row);
            Assert.True(row.Readings[Reading.HostDiskReadBytes] >= 4 << 20);
            Assert.True(row.Readings[Reading.HostDiskWriteBytes] >= 2 << 20);
            Assert.True(row.Readings[Reading.HostDiskDiscardOps] >= 1 && row.Readings[Reading.HostDiskFlushOps] >= 1);
        }
        finally
        {
            Command.Run("losetup", "-d", device);
        }

        // The kernel keeps the counters of a loop device without a file.
        Eventually.True(() => File.ReadAllText($"/sys/block/{Path.GetFileName(device)}/size") == "0\n", "the loop device has no file");
        Assert.Null(Row(Read().Disks, Path.GetFileName(device)));
    }

    [Fact]
    public void Every_column_of_disks_interfaces_load_and_pressure_is_the_kernels()
    {
        _ = Read();
        string[] resources = [.. ((string[])["cpu", "memory", "io", "irq"]).Where(resource => File.Exists($"/proc/pressure/{resource}"))];
        Dictionary<string, string[]> disks = Lines("/proc/diskstats", 2), interfaces = Lines($"/proc/{_first.Pid}/net/dev", 0), pressure = Pressure();
        HostSample sample = Read();
        Dictionary<string, string[]> disksAfter = Lines("/proc/diskstats", 2), interfacesAfter = Lines($"/proc/{_first.Pid}/net/dev", 0), pressureAfter = Pressure();

        Assert.True(sample.Disks.Count > 0);
        for (int i = 0; i < sample.Disks.Count; i++)
        {
            string name = Encoding.UTF8.GetString(sample.Disks[i].Key);
            AssertDisk(disks[name], disksAfter[name], sample.Disks[i]);
        }

        // Columns of net/dev behind the name (dev_seq_printf_stats in net/core/net-procfs.c).
        (Reading Reading, int Column)[] columns =
        [
            (Reading.NetworkRxBytes, 1), (Reading.NetworkRxPackets, 2), (Reading.NetworkRxErrors, 3), (Reading.NetworkRxDropped, 4), (Reading.NetworkMulticast, 8),
            (Reading.NetworkTxBytes, 9), (Reading.NetworkTxPackets, 10), (Reading.NetworkTxErrors, 11), (Reading.NetworkTxDropped, 12), (Reading.NetworkCollisions, 14),
        ];
        Assert.NotNull(Row(sample.Interfaces, "lo"));
        for (int i = 0; i < sample.Interfaces.Count; i++)
        {
            Row row = sample.Interfaces[i];
            string name = Encoding.UTF8.GetString(row.Key) + ":";
            Assert.All(columns, column => Assert.InRange(row.Readings[column.Reading], Number(interfaces[name][column.Column]), Number(interfacesAfter[name][column.Column])));
        }

        Assert.Equal(resources.Order(), Enumerable.Range(0, sample.Pressure.Count).Select(i => Encoding.ASCII.GetString(sample.Pressure[i].Key)).Order());
        foreach ((string line, string[] before) in pressure)
        {
            // Such as "cpu some": four numbers with their keys.
            string[] key = line.Split(' '), after = pressureAfter[line];
            ReadingSet readings = Row(sample.Pressure, key[0])!.Readings;
            Reading first = key[1] == "some" ? Reading.PressureSomeAvg10 : Reading.PressureFullAvg10;
            for (int column = 0; column < 3; column++)
            {
                // The kernel computes the averages every two seconds.
                double[] either = [Average(before[column]), Average(after[column])];
                Assert.Contains(readings.GetDouble((Reading)((int)first + column)), either);
            }

            Assert.InRange(readings[(Reading)((int)first + 3)], Number(before[3]["total=".Length..]), Number(after[3]["total=".Length..]));
        }
    }

    [Fact]
    public void Load_is_that_of_the_kernels_file()
    {
        // The file changes at any time: the readings are those of one of two texts if these are the same.
        HostSample sample = Read();
        string[] words = [];
        Eventually.True(
            () =>
            {
                words = LoadWords();
                sample = Read();
                return words.SequenceEqual(LoadWords());
            },
            "a moment without a change");
        ReadingSet load = sample.Load;
        Assert.Equal(words[..3].Select(Average), [load.GetDouble(Reading.HostLoad1), load.GetDouble(Reading.HostLoad5), load.GetDouble(Reading.HostLoad15)]);

        // Runnable and all tasks may have changed and changed back.
        Assert.InRange(load[Reading.HostLoadRunnable], 1, load[Reading.HostLoadTasks]);
        Assert.InRange(load[Reading.HostLoadTasks], Number(words[3].Split('/')[1]) - 50, Number(words[3].Split('/')[1]) + 50);

        static string[] LoadWords() => File.ReadAllText("/proc/loadavg").Split(' ')[..4];
    }

    [Fact]
    public void File_system_appears_and_goes_in_the_next_cycle_with_its_flags()
    {
        // In the mount namespace of process 1 only: this process does not see it.
        string point = Directory.CreateDirectory(_directory["with space"]).FullName;
        Assert.Null(Row(Read().Filesystems, point));
        InFirst("mount", "-t", "tmpfs", "-o", "size=8m,nr_inodes=100", "disk,a=\"", point);
        Row mounted = Row(Read().Filesystems, point)!;
        Assert.Equal((8 << 20, 100, 0), (mounted.Readings[Reading.HostFilesystemSizeBytes], mounted.Readings[Reading.HostFilesystemInodes], mounted.Readings[Reading.HostFilesystemReadOnly]));
        Assert.Equal(("disk,a=\"", "tmpfs"), (Encoding.UTF8.GetString(mounted.MoreKey(0)), Encoding.UTF8.GetString(mounted.MoreKey(1))));
        long usedBytes = mounted.Readings[Reading.HostFilesystemUsedBytes];
        InFirst("dd", "if=/dev/zero", $"of={point}/file", "bs=1M", "count=3");
        Row full = Row(Read().Filesystems, point)!;
        Assert.Equal(3 << 20, full.Readings[Reading.HostFilesystemUsedBytes] - usedBytes);
        Assert.Equal((8 << 20) - full.Readings[Reading.HostFilesystemUsedBytes], full.Readings[Reading.HostFilesystemAvailableBytes]);
        InFirst("mount", "-o", "remount,ro", point);
        Assert.Equal(1, Row(Read().Filesystems, point)!.Readings[Reading.HostFilesystemReadOnly]);
        InFirst("umount", point);
        Assert.Null(Row(Read().Filesystems, point));
        Assert.NotNull(Row(Read().Filesystems, "/"));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Interface_appears_and_goes_and_veths_are_left_out()
    {
        using NamespaceProcess container = NamespaceProcess.Start();
        string veth = container.Connect();
        string bridge = NamespaceProcess.UniqueName("nsc");
        Assert.Null(Row(Read().Interfaces, bridge));
        Command.Run("ip", "link", "add", bridge, "type", "bridge");
        try
        {
            // Interfaces are not listed again at once.
            HostSample sample = Read();
            Eventually.True(() => Row((sample = Read()).Interfaces, bridge) is not null, "the new interface");
            Assert.NotNull(Row(sample.Interfaces, "lo"));
            Assert.Null(Row(sample.Interfaces, veth));
            Assert.True(Directory.Exists($"/sys/class/net/{veth}"));
        }
        finally
        {
            Command.Run("ip", "link", "del", bridge);
        }

        Assert.Null(Row(Read().Interfaces, bridge));
    }

    [FuseFact]
    public void File_system_that_never_answers_is_left_out_and_delays_no_other()
    {
        // A file system in user space whose server never answers a request.
        string fuse = Directory.CreateDirectory(_directory["fuse"]).FullName, later = Directory.CreateDirectory(_directory["later"]).FullName;
        using NamespaceProcess server = NamespaceProcess.Start("nsenter", "-t", _first.Pid.ToString(CultureInfo.InvariantCulture), "-m", "--", "sh", "-c", $"""
            exec 9<>/dev/fuse
            mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0,allow_other hang {fuse}
            mount -t tmpfs later {later}
            exec sleep infinity
            """);
        HostSample sample = ReadAtOnce();
        Eventually.True(() => Row((sample = ReadAtOnce()).Filesystems, later) is not null, "the file system after it", () => string.Concat(_log.Messages), TimeSpan.FromSeconds(30));
        Assert.Equal(1, _counters[AgentCounter.FilesystemsHung]);
        Assert.Equal(1, _log.Count($"The file system at {fuse} has not answered"));
        for (int i = 0; i < 3; i++)
        {
            Assert.NotNull(Row(sample.Filesystems, "/"));
            Assert.Null(Row(sample.Filesystems, fuse));
            sample = ReadAtOnce();
        }

        // Without its server the call fails, and so do later ones: that is counted once.
        server.Kill();
        Eventually.True(
            () =>
            {
                ReadAtOnce();
                return _counters[AgentCounter.ReadErrors] == 1;
            },
            "the call to fail");
        for (int i = 0; i < 3; i++) Assert.Null(Row(ReadAtOnce().Filesystems, fuse));
        Assert.Equal((1L, 1L), (_counters[AgentCounter.ReadErrors], _counters[AgentCounter.FilesystemsHung]));
    }

    [Fact]
    public void Steady_reading_allocates_nothing()
    {
        for (int i = 0; i < 20; i++) Read();
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 20; i++) Read();
        }));
    }

    private HostSample Read()
    {
        _sampler.BeginIfDue(SystemClock.MonotonicNs());

        // A cycle over containers takes longer than this.
        while (!_sampler.AreFilesystemsIdle) Thread.Sleep(1);
        return _sampler.ReadIfDue()!;
    }

    /// <summary>For file systems that do not answer.</summary>
    private HostSample ReadAtOnce()
    {
        _sampler.BeginIfDue(SystemClock.MonotonicNs());
        Thread.Sleep(50);
        return _sampler.ReadIfDue()!;
    }

    private void InFirst(params string[] command) =>
        Command.Run("nsenter", ["-t", _first.Pid.ToString(CultureInfo.InvariantCulture), "-m", "--", .. command]);

    private static Row? Row(RowTable rows, string key)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Key.SequenceEqual(Encoding.UTF8.GetBytes(key))) return rows[i];
        }

        return null;
    }

    /// <summary>Compares a row with the columns of /proc/diskstats before and after it, in the order of Documentation/admin-guide/iostats.rst.</summary>
    private static void AssertDisk(string[] before, string[] after, Row row)
    {
        (Reading Reading, long Factor)[] columns =
        [
            (Reading.HostDiskReadOps, 1), (Reading.HostDiskReadMerged, 1), (Reading.HostDiskReadBytes, 512), (Reading.HostDiskReadNs, 1_000_000),
            (Reading.HostDiskWriteOps, 1), (Reading.HostDiskWriteMerged, 1), (Reading.HostDiskWriteBytes, 512), (Reading.HostDiskWriteNs, 1_000_000),
            (Reading.HostDiskInFlight, 1), (Reading.HostDiskIoNs, 1_000_000), (Reading.HostDiskWeightedIoNs, 1_000_000),
            (Reading.HostDiskDiscardOps, 1), (Reading.HostDiskDiscardMerged, 1), (Reading.HostDiskDiscardBytes, 512), (Reading.HostDiskDiscardNs, 1_000_000),
            (Reading.HostDiskFlushOps, 1), (Reading.HostDiskFlushNs, 1_000_000),
        ];
        Assert.Equal(columns.Length, after.Length - 3);
        for (int i = 0; i < columns.Length; i++)
        {
            // Not a counter.
            if (columns[i].Reading == Reading.HostDiskInFlight && before != after) continue;
            Assert.InRange(row.Readings[columns[i].Reading], Number(before[3 + i]) * columns[i].Factor, Number(after[3 + i]) * columns[i].Factor);
        }
    }

    /// <summary>The words of each line, by the word in one column.</summary>
    private static Dictionary<string, string[]> Lines(string path, int key) =>
        File.ReadLines(path).Select(line => line.Replace(":", ": ", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 10).ToDictionary(words => words[key]);

    private static Dictionary<string, string[]> Pressure() =>
        Directory.GetFiles("/proc/pressure").SelectMany(File.ReadLines, (file, line) => (Name: Path.GetFileName(file), Words: line.Split(' '))).ToDictionary(line => $"{line.Name} {line.Words[0]}", line => line.Words[1..]);

    private static double Average(string text) => double.Parse(text.AsSpan(text.IndexOf('=', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static long Number(string text, string key, int column) => long.Parse(
        text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Single(words => words.Length > 0 && words[0] == key)[column],
        CultureInfo.InvariantCulture);
}
