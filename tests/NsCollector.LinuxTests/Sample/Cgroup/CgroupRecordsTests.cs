using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Bpf;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.Records;
using NsCollector.Telemetry;
using Xunit.Abstractions;

namespace NsCollector.LinuxTests.Sample.Cgroup;

/// <summary>What BPF reads of this kernel, against its files.</summary>
public sealed class CgroupRecordsTests(ITestOutputHelper output) : IDisposable
{
    private const string Load =
        "while :; do head -c 3000000 /dev/zero | tail -c 2000000 > /dev/null; /bin/true; (ulimit -v 100000; tail -c 20000000 /dev/zero > /dev/null 2>&1 & sleep 0.05; kill $! 2> /dev/null); done";

    private static readonly SampleOptions ByBpf = new() { CgroupReader = CgroupReaderMode.Bpf };

    private readonly List<TestCgroup> _groups = [];
    private readonly List<ContainerCgroup> _cgroups = [];
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _logger = new();
    private readonly ContainerSample _sample = new();
    private CgroupSampler? _sampler;

    private CgroupSampler Sampler => _sampler!;

    public void Dispose()
    {
        foreach (ContainerCgroup cgroup in _cgroups) Sampler.Close(cgroup);
        _sampler?.Dispose();
        foreach (TestCgroup group in _groups) group.Dispose();
    }

    private static long NowNs() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private void Open(int containers, SampleOptions? options = null)
    {
        var roots = new HostRoots();
        _sampler = new CgroupSampler(CgroupMounts.Find(roots), roots, options ?? ByBpf, _counters, _logger);
        for (int i = 0; i < containers; i++) Add();
    }

    private TestCgroup Add()
    {
        var group = new TestCgroup();
        _groups.Add(group);
        _cgroups.Add(Sampler.Open(new Container(_cgroups.Count + 1, new ContainerIdentity(ContainerRuntime.Cgroup, group.Path), group.Path, null)));
        return group;
    }

    private void Cycle()
    {
        Sampler.Begin(isCycle: true, NowNs());
        foreach (ContainerCgroup cgroup in _cgroups) Read(cgroup);
        Sampler.EndCycle(NowNs());
    }

    private ReadingSet Read(ContainerCgroup cgroup)
    {
        _sample.Clear();
        Sampler.Read(cgroup, _sample, NowNs());
        return _sample.Scalars;
    }

    [Fact]
    public void Record_layout_is_that_of_the_header()
    {
        string[] fields =
        [
            nameof(CgroupRecord.Pass), nameof(CgroupRecord.Filled), nameof(CgroupRecord.MemoryUsage), nameof(CgroupRecord.MemoryPeak), nameof(CgroupRecord.MemoryFailcnt),
            nameof(CgroupRecord.MemoryLowestLimit), nameof(CgroupRecord.SwapUsage), nameof(CgroupRecord.SwapPeak), nameof(CgroupRecord.SwapFailcnt),
            nameof(CgroupRecord.KmemUsage), nameof(CgroupRecord.KmemPeak), nameof(CgroupRecord.KmemFailcnt), nameof(CgroupRecord.TcpUsage), nameof(CgroupRecord.TcpPeak),
            nameof(CgroupRecord.TcpFailcnt), nameof(CgroupRecord.MemoryEvents), nameof(CgroupRecord.UnderOom), nameof(CgroupRecord.PidsCurrent),
            nameof(CgroupRecord.PidsPeak), nameof(CgroupRecord.PidsLimitEvents), nameof(CgroupRecord.PidsMaxEvents), nameof(CgroupRecord.PidsForkFailEvents),
            nameof(CgroupRecord.Periods), nameof(CgroupRecord.ThrottledPeriods), nameof(CgroupRecord.ThrottledNs), nameof(CgroupRecord.Bursts), nameof(CgroupRecord.BurstNs),
            nameof(CgroupRecord.CpuNs), nameof(CgroupRecord.CpuUserNs), nameof(CgroupRecord.CpuSystemNs), nameof(CgroupRecord.PreviousUserNs),
            nameof(CgroupRecord.PreviousSystemNs), nameof(CgroupRecord.ReadNs), nameof(CgroupRecord.CpuacctNs), nameof(CgroupRecord.CpuacctUserNs),
            nameof(CgroupRecord.CpuacctSystemNs), nameof(CgroupRecord.States), nameof(CgroupRecord.Events),
        ];
        int[] expected = [.. fields.Select(field => (int)System.Runtime.InteropServices.Marshal.OffsetOf<CgroupRecord>(field))];
        Assert.Equal(expected, Enumerable.Range(0, fields.Length).Select(NativeShim.BpfOffset));
        int[] sizes = [System.Runtime.CompilerServices.Unsafe.SizeOf<CgroupRecord>(), KernelFactsBlock.Offset, KernelFactsBlock.ItemsOffset];
        Assert.Equal(sizes, Enumerable.Range(fields.Length, 3).Select(NativeShim.BpfOffset));
        string[] look =
        [
            nameof(LookRecord.Pass), nameof(LookRecord.Look), nameof(LookRecord.Filled), nameof(LookRecord.MemoryUsage), nameof(LookRecord.Periods),
            nameof(LookRecord.ThrottledPeriods), nameof(LookRecord.CpuacctNs), nameof(LookRecord.FromNs), nameof(LookRecord.ToNs),
        ];
        Assert.Equal(
            [.. look.Select(field => (int)System.Runtime.InteropServices.Marshal.OffsetOf<LookRecord>(field)), System.Runtime.CompilerServices.Unsafe.SizeOf<LookRecord>()],
            Enumerable.Range(fields.Length + 4, look.Length + 1).Select(NativeShim.BpfOffset));
        Assert.Equal(-Errno.ENOENT, NativeShim.BpfOffset(fields.Length + look.Length + 5));
    }

    [Fact]
    public unsafe void Items_are_those_of_the_header()
    {
        byte* text = stackalloc byte[64];
        for (int i = 0; i < (int)MemoryItem.Count; i++)
        {
            int length = NativeShim.BpfItemName(i, text, 64);
            Assert.Equal(((MemoryItem)i).ToString(), System.Text.Encoding.ASCII.GetString(text, length).Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
        }

        Assert.Equal(-Errno.ENOENT, NativeShim.BpfItemName((int)MemoryItem.Count, text, 64));
    }

    /// <summary>
    /// RECORD_COMPARISONS is how many numbers are compared at least. Of 1,000,000, each number that changes is compared 10,000 times: see
    /// docs/decisions/0045.
    /// </summary>
    [Fact]
    public void Records_agree_with_files_under_load()
    {
        const int InARow = 50;
        long wanted = Environment.GetEnvironmentVariable("RECORD_COMPARISONS") is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : 20_000;
        Open(4);
        foreach (TestCgroup group in _groups)
        {
            group.Write("memory", "memory.limit_in_bytes", "16M");
            group.Write("pids", "pids.max", group == _groups[3] ? "3" : "6");
            group.Write("cpu", "cpu.cfs_quota_us", "20000");
            if (File.Exists(group.FileOf("cpu", "cpu.cfs_burst_us"))) group.Write("cpu", "cpu.cfs_burst_us", "20000");
        }

        using TemporaryDirectory directory = new();
        string killed = wanted >= 1_000_000 ? "tail -c 40000000 /dev/zero > /dev/null" : "/bin/true";
        string shared = $"/dev/shm/nsc-records-{Environment.ProcessId}";
        Process[] loads =
        [
            _groups[0].Start(Load),
            _groups[1].Start($"cd {directory.Path}; while :; do cp /bin/sh sh; head -c 30000000 /dev/zero > f; cat f f > /dev/null; ./sh -c :; rm f sh; done"),
            _groups[2].Start($"while :; do head -c 3000000 /dev/zero > {shared}; sleep 0.02; rm {shared}; {killed}; done"),
            _groups[3].Start("while :; do (/bin/true & /bin/true & /bin/true & wait) 2> /dev/null; sleep 0.07; done"),
        ];
        Cycle();
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(8) || _counters[AgentCounter.ReaderComparisons] < wanted)
        {
            // One after the other, so that a new value is one of the same container.
            for (int i = 0; i < 4 * InARow; i++) Assert.True(Sampler.Records!.Verifier.VerifyContainer(_cgroups[i / InARow], NowNs()));
        }

        foreach (Process load in loads)
        {
            load.Kill(entireProcessTree: true);
            load.WaitForExit();
        }

        File.Delete(shared);
        Assert.True(_counters[AgentCounter.ReaderMismatches] == 0, string.Join('\n', _logger.Messages));
        foreach ((string field, (long Compared, long Changed, long Inconclusive) counts) in Counts().Where(one => one.Counts.Compared > 0))
        {
            output.WriteLine($"{field}: {counts.Compared} compared, {counts.Changed} of these with a new value, {counts.Inconclusive} inconclusive");
            if (counts.Changed > 1) Assert.True(counts.Compared >= wanted / 100, field);
        }

        ReadingSet scalars = Read(_cgroups[0]);
        Assert.True(scalars[Reading.MemoryPgfault] > 1000);
        Assert.True(scalars[Reading.CpuNrThrottled] > 5);
        Assert.True(scalars[Reading.MemoryMaxUsageBytes] > 1 << 20);
    }

    private IEnumerable<(string Field, (long Compared, long Changed, long Inconclusive) Counts)> Counts()
    {
        var all = ReadingSet.Of(SamplePart.Info, SamplePart.Scalars);
        return Enum.GetValues<Reading>().Where(reading => reading >= all.First && reading < all.First + 64)
            .Select(reading => ($"{reading}", Sampler.Records!.Verifier.CountsOf(reading)));
    }

    [Fact]
    public void Cycle_takes_the_same_readings_from_records_as_from_files()
    {
        Open(3);
        foreach (TestCgroup group in _groups)
        {
            group.Write("memory", "memory.limit_in_bytes", "64M");
            group.Start("x=$(head -c 3000000 /dev/zero | tr '\\0' x); echo; read y").StandardOutput.Read();
        }

        Thread.Sleep(1500);
        Cycle();
        Assert.True(Sampler.Records!.IsTrusted);
        Assert.True(Sampler.Records.ReplacedFiles >= 9, $"{Sampler.Records.ReplacedFiles} files");
        Cycle();

        // The files are no longer held.
        int held = Sampler.HeldFiles;
        using var files = new CgroupSampler(CgroupMounts.Find(new HostRoots()), new HostRoots(), new SampleOptions(), _counters, NullLogger.Instance);
        foreach (ContainerCgroup cgroup in _cgroups)
        {
            Sampler.Begin(isCycle: true, NowNs());
            Read(cgroup);
            var byFile = new ContainerSample();
            ContainerCgroup other = files.Open(cgroup.Container);
            files.Read(other, byFile, NowNs());
            foreach (Reading reading in (Reading[])
                [
                    Reading.MemoryUsageBytes, Reading.MemoryMaxUsageBytes, Reading.MemoryAnonBytes, Reading.MemoryFileBytes, Reading.MemoryShmemBytes,
                    Reading.MemorySwapBytes, Reading.MemoryEffectiveLimitBytes, Reading.MemoryKernelBytes, Reading.MemoryPgfault, Reading.MemoryPgmajfault,
                    Reading.MemoryActiveAnonBytes, Reading.MemoryInactiveAnonBytes, Reading.MemoryWorkingSetBytes, Reading.MemoryOomKills, Reading.MemoryFailcnt,
                    Reading.PidsCurrent, Reading.PidsPeak, Reading.PidsMaxEvents, Reading.CpuNrPeriods, Reading.CpuThrottledNs,
                ])
            {
                Assert.Equal(byFile.Scalars.Has(reading), _sample.Scalars.Has(reading));
                if (byFile.Scalars.Has(reading)) Assert.True(byFile.Scalars[reading] == _sample.Scalars[reading], $"{reading}: {byFile.Scalars[reading]} {_sample.Scalars[reading]}");
            }

            Assert.Equal(byFile.Scalars.PresentBits & ~Bit(Reading.CpuUsagePercent), _sample.Scalars.PresentBits & ~Bit(Reading.CpuUsagePercent));
            files.Close(other);
        }

        Assert.True(_sample.Scalars[Reading.MemoryAnonBytes] > 2_000_000);
        Assert.True(held <= 9 * _cgroups.Count, $"{held} files held");
        Assert.Equal(0, _counters[AgentCounter.ReaderMismatches]);

        ulong Bit(Reading reading) => 1UL << (reading - _sample.Scalars.First);
    }

    [Fact]
    public void Field_that_differs_three_times_is_read_from_its_file()
    {
        Open(1);
        TestCgroup group = _groups[0];
        group.Start("read x");
        Assert.True(SpinWait.SpinUntil(() => group.Number("memory", "memory.max_usage_in_bytes") > 0, TimeSpan.FromSeconds(10)));
        int failcnt = Array.FindIndex(Sampler.Plan.Files, file => file.NameWithNul.AsSpan().SequenceEqual("memory.failcnt\0"u8) && !file.IsPayload);
        Sampler.Records!.Sources[failcnt] = RecordSource.MemoryPeak;
        for (int i = 0; i < RecordVerifier.MaxMismatches; i++)
        {
            Cycle();
            Assert.Equal(i + 1, _counters[AgentCounter.ReaderMismatches]);
            Assert.False(Sampler.Records.IsTrusted);
        }

        Cycle();
        Assert.True(Sampler.Records.IsTrusted);
        Sampler.Begin(isCycle: true, NowNs());
        ReadingSet scalars = Read(_cgroups[0]);
        Assert.Equal(0, scalars[Reading.MemoryFailcnt]);
        Assert.Equal(1, scalars[Reading.PidsCurrent]);
        Assert.Equal(RecordVerifier.MaxMismatches, _counters[AgentCounter.ReaderMismatches]);
    }

    [Fact]
    public void New_container_is_read_from_files_until_the_next_pass()
    {
        Open(1);
        Cycle();
        Cycle();
        TestCgroup group = Add();
        group.Start("read x");
        Assert.True(SpinWait.SpinUntil(() => Read(_cgroups[1])[Reading.PidsCurrent] == 1, TimeSpan.FromSeconds(10)));
        Cycle();
        Assert.Equal(1, Read(_cgroups[1])[Reading.PidsCurrent]);
    }

    [Fact]
    public void Record_of_a_closed_container_is_not_taken_for_the_next_one()
    {
        Open(1);
        _groups[0].Start("read x");
        Assert.True(SpinWait.SpinUntil(() => _groups[0].Number("pids", "pids.current") == 1, TimeSpan.FromSeconds(10)));
        Cycle();
        Sampler.Begin(isCycle: true, NowNs());
        Assert.Equal(1, Read(_cgroups[0])[Reading.PidsCurrent]);
        int index = _cgroups[0].RecordIndex;
        Sampler.Close(_cgroups[0]);
        Add();
        Assert.Equal(index, _cgroups[1].RecordIndex);
        Assert.Equal(0, Read(_cgroups[1])[Reading.PidsCurrent]);
    }

    [Fact]
    public void Steady_cycle_allocates_nothing()
    {
        Open(5);
        for (int i = 0; i < 30; i++) Cycle();
        long least = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Cycle();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void More_containers_than_records_make_room()
    {
        Open(0);
        var identity = new ContainerIdentity(ContainerRuntime.Cgroup, "/none");
        TestCgroup group = Add();
        Cycle();
        for (int i = 0; i < 600; i++) _cgroups.Add(Sampler.Open(new Container(i + 10, identity, "/none", null)));
        Assert.True(_cgroups[^1].RecordIndex >= 512, $"{_cgroups[^1].RecordIndex}");
        group.Start("read x");
        Assert.True(SpinWait.SpinUntil(() => group.Number("pids", "pids.current") == 1, TimeSpan.FromSeconds(10)));
        Sampler.Begin(isCycle: true, NowNs());
        Assert.Equal(1, Read(_cgroups[0])[Reading.PidsCurrent]);
    }
}
