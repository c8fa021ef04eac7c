using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.MemoryDetail;
using NsCollector.Telemetry;
using static NsCollector.Tests.Sample.Cgroup.OneContainer;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>container_memory_detail from the texts that Linux 6.18 (v1) and 6.12 (v2) write.</summary>
public sealed class MemoryDetailTests : IDisposable
{
    private const string V2 = "cgroup" + CgroupFixture.ContainerPath, MemoryV1 = "cgroup/memory" + CgroupFixture.ContainerPath;

    private static readonly long PageBytes = Environment.SystemPageSize;

    private readonly CgroupFixture _host = new();
    private readonly OneContainer _container;

    public MemoryDetailTests()
    {
        _container = new OneContainer(_host);
        _host.Options = _host.Options with { MemoryDetail = true };
    }

    public void Dispose()
    {
        _container.Dispose();
        _host.Dispose();
    }

    private MemoryDetailSample Read(long atSeconds = 1000, string? init = null) => _container.Read(atSeconds, init).MemoryDetail!;

    [Fact]
    public void Devices_over_limit_are_counted_once_a_cycle()
    {
        _host.WriteV2();
        _host.Options = _host.Options with { MaxDevices = 1 };
        _host.Write(V2 + "/io.stat", "8:0 rbytes=1\n8:1 rbytes=1\n8:2 rbytes=1\n");
        _host.Write(V2 + "/cgroup.stat", "nr_descendants 41\nnr_dying_descendants 42\n");
        _host.Write(V2 + "/memory.swap.peak", "31\n");

        // The second one reads no limits.
        Read(1000);
        Read(1001);

        Assert.Equal(4, _host.Counters[AgentCounter.DevicesOverLimit]);
    }

    [Fact]
    public void Detail_of_v2_has_events_local_events_and_descendants()
    {
        _host.WriteV2();
        _host.Write(V2 + "/memory.events", "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\nsock_throttled 9\n");
        _host.Write(V2 + "/memory.events.local", "low 11\nhigh 12\nmax 13\noom 14\noom_kill 15\noom_group_kill 16\n");
        _host.Write(V2 + "/memory.swap.events", "high 21\nmax 22\nfail 23\n");
        _host.Write(V2 + "/memory.swap.peak", "31\n");
        _host.Write(V2 + "/memory.zswap.current", "32\n");
        _host.Write(V2 + "/cgroup.stat", "nr_descendants 41\nnr_subsys_memory 4\nnr_dying_descendants 42\n");
        _host.Write(V2 + "/cpu.stat.local", "throttled_usec 51\n");
        _host.Write(V2 + "/io.stat", "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=0 dios=0 cost.usage=61 cost.wait=62 cost.indebt=63 cost.indelay=64\n");

        ReadingSet detail = Read().Readings;

        Assert.Equal(
            ["descendants=41", "dying_descendants=42", "events_high=2", "events_local_high=12", "events_local_low=11", "events_local_max=13", "events_local_oom=14",
                "events_local_oom_group_kill=16", "events_local_oom_kill=15", "events_low=1", "events_max=3", "events_oom=4", "events_oom_group_kill=6",
                "events_oom_kill=5", "swap_events_fail=23", "swap_events_high=21", "swap_events_max=22", "swap_max_usage_bytes=31", "zswap_bytes=32"],
            Present(ContainerMemoryDetailFields.Measurement, detail));
        Assert.Equal((3L, 5L), (_host.Sample.Scalars[Reading.MemoryFailcnt], _host.Sample.Scalars[Reading.MemoryOomKills]));
        Assert.Equal(51_000, _host.Sample.Scalars[Reading.CpuLocalThrottledNs]);
        ReadingSet device = _host.Sample.Devices[0].Readings;
        Assert.Equal((61L, 62L, 63L, 64L),
            (device[Reading.BlkioCostUsageUs], device[Reading.BlkioCostWaitUs], device[Reading.BlkioCostIndebtUs], device[Reading.BlkioCostIndelayUs]));
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Detail_of_v1_has_memsw_kmem_and_tcp()
    {
        _host.WriteV1();
        int value = 1;
        foreach (string name in (string[])["memsw", "kmem", "kmem.tcp"])
        {
            foreach (string file in (string[])["usage_in_bytes", "max_usage_in_bytes", "failcnt"]) _host.Write($"{MemoryV1}/memory.{name}.{file}", $"{value++}\n");
        }

        _host.Write(MemoryV1 + "/memory.oom_control", "oom_kill_disable 1\nunder_oom 1\noom_kill 2\n");
        _host.Write("cgroup/cpu,cpuacct" + CgroupFixture.ContainerPath + "/cpu.stat.local", "throttled_time 51\n");

        ReadingSet detail = Read().Readings;

        Assert.Equal(
            ["kmem_failcnt=6", "kmem_max_usage_bytes=5", "kmem_tcp_failcnt=9", "kmem_tcp_max_usage_bytes=8", "kmem_tcp_usage_bytes=7", "kmem_usage_bytes=4",
                "memsw_failcnt=3", "memsw_max_usage_bytes=2", "memsw_usage_bytes=1", "under_oom=1"],
            Present(ContainerMemoryDetailFields.Measurement, detail));
        Assert.Equal((4L, 7L, 2L, 51L), (_host.Sample.Scalars[Reading.MemoryKernelBytes], _host.Sample.Scalars[Reading.MemoryKernelTcpBytes],
            _host.Sample.Scalars[Reading.MemoryOomKills], _host.Sample.Scalars[Reading.CpuLocalThrottledNs]));
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Detail_by_node_is_hierarchical_and_in_bytes_on_v1()
    {
        _host.WriteV1();
        _host.Write(MemoryV1 + "/memory.numa_stat",
            "total=9 N0=5 N1=4\nfile=1 N0=1 N1=0\nanon=8 N0=4 N1=4\nunevictable=0 N0=0 N1=0\n"
            + "hierarchical_total=90 N0=50 N1=40\nhierarchical_file=10 N0=10 N1=0\nhierarchical_anon=80 N0=40 N1=40\nhierarchical_unevictable=0 N0=0 N1=0\n");

        MemoryDetailSample detail = Read();

        Assert.Equal(
            ["0", $"lru_anon_bytes={40 * PageBytes}", $"lru_file_bytes={10 * PageBytes}", $"own_lru_anon_bytes={4 * PageBytes}", $"own_lru_file_bytes={PageBytes}", "own_unevictable_bytes=0", $"total_bytes={50 * PageBytes}", "unevictable_bytes=0",
                "1", $"lru_anon_bytes={40 * PageBytes}", "lru_file_bytes=0", $"own_lru_anon_bytes={4 * PageBytes}", "own_lru_file_bytes=0", "own_unevictable_bytes=0", $"total_bytes={40 * PageBytes}", "unevictable_bytes=0"],
            Nodes(detail.Nodes));
    }

    [Fact]
    public void Detail_by_node_of_an_old_kernel_is_of_the_cgroup_alone()
    {
        _host.WriteV1();
        _host.Write(MemoryV1 + "/memory.numa_stat", "total=9 N0=9\nfile=1 N0=1\nanon=8 N0=8\nunevictable=0 N0=0\n");
        Assert.Equal(["0", $"lru_anon_bytes={8 * PageBytes}", $"lru_file_bytes={PageBytes}", $"own_lru_anon_bytes={8 * PageBytes}", $"own_lru_file_bytes={PageBytes}", "own_unevictable_bytes=0", $"total_bytes={9 * PageBytes}", "unevictable_bytes=0"], Nodes(Read().Nodes));
    }

    [Fact]
    public void Detail_by_node_is_in_the_kernels_bytes_on_v2()
    {
        _host.WriteV2();
        _host.Write(V2 + "/memory.numa_stat", "anon N0=1 N1=2\nfile N0=3 N1=4\nworkingset_refault_anon N0=5 N1=6\nslab_reclaimable N0=7 N1=8\n");
        Assert.Equal(["0", "anon_bytes=1", "file_bytes=3", "slab_reclaimable_bytes=7", "1", "anon_bytes=2", "file_bytes=4", "slab_reclaimable_bytes=8"], Nodes(Read().Nodes));
    }

    [Fact]
    public void Detail_by_node_is_read_as_often_as_memory_stat()
    {
        _host.WriteV2();
        _host.Options = _host.Options with { StatInterval = TimeSpan.FromSeconds(60), LimitsInterval = TimeSpan.FromSeconds(300) };
        _host.Write(V2 + "/memory.numa_stat", "anon N0=1\n");
        Assert.Equal(1, Read().Nodes.Count);
        Assert.Equal(0, Read(1001).Nodes.Count);
    }

    [Theory]
    [InlineData("anon N0=1\nfile N0=x\n", 1, 1)]
    [InlineData("anon\nanon N0\nanon N=1\nanon N0=1", 4, 0)]
    [InlineData("anon N1024=1\n", 1, 0)]
    [InlineData("unknown N0=x\n N0=1\n", 1, 0)]
    [InlineData("", 0, 0)]
    public void Numa_stat_malformed_lines_are_counted(string text, int malformed, int rows)
    {
        var parser = new NumaStatParser(KernelKeys.Of("memory.numa_stat", isV2: true, part => part == SamplePart.MemoryNodes));
        RowTable nodes = RowTable.Of(SamplePart.MemoryNodes);
        Assert.Equal(malformed, parser.Parse(Encoding.ASCII.GetBytes(text), isV2: true, nodes));
        Assert.Equal(rows, nodes.Count);
    }

    [Fact]
    public void Numa_stat_random_bytes_do_not_throw()
    {
        var random = new Random(7);
        byte[][] pieces = [.. ((string[])["anon", "hierarchical_total", "=", " N0=", " N1=", " N", "0", "12", " ", "\n", "\n", "18446744073709551616", "x"]).Select(Encoding.ASCII.GetBytes)];
        var v1 = new NumaStatParser(KernelKeys.Of("memory.numa_stat", isV2: false, part => part == SamplePart.MemoryNodes));
        var v2 = new NumaStatParser(KernelKeys.Of("memory.numa_stat", isV2: true, part => part == SamplePart.MemoryNodes));
        RowTable nodes = RowTable.Of(SamplePart.MemoryNodes);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] text = [.. Enumerable.Range(0, random.Next(14)).SelectMany(_ => random.Next(8) == 0 ? [(byte)random.Next(256)] : pieces[random.Next(pieces.Length)])];
            v1.Parse(text, isV2: false, nodes);
            v2.Parse(text, isV2: true, nodes);
        }

        Assert.InRange(nodes.Count, 1, 1024);
    }

    [Fact]
    public void Misc_resources_are_rows()
    {
        _host.WriteV2();
        _host.Write("cgroup/cgroup.controllers", "cpu io memory hugetlb pids misc\n");
        _host.Write(V2 + "/misc.current", "sev 3\nsev_es 0\n");
        RowTable misc = Read().Misc;
        Assert.Equal(["sev 3", "sev_es 0"], Enumerable.Range(0, misc.Count).Select(i => $"{Encoding.ASCII.GetString(misc[i].Key)} {misc[i].Readings[Reading.MiscCurrent]}"));
    }

    [Theory]
    [InlineData(null, "", 2)]
    [InlineData(null, "child", null)]
    [InlineData("/container", "container", 5)]
    [InlineData("/container", "container/child", null)]
    [InlineData("/container", "container,child", null)]
    public void Processes_are_counted_if_no_cgroup_below_can_have_more(string? init, string below, int? processes)
    {
        _host.WriteV2();
        _host.Write(V2 + "/cgroup.procs", "1\n2\n");
        foreach (string name in below.Split(',', StringSplitOptions.RemoveEmptyEntries)) _host.Write($"{V2}/{name}/cgroup.procs", "");
        if (init is not null)
        {
            _host.Write(V2 + "/container/cgroup.events", "populated 1\nfrozen 0\n");
            _host.Write(V2 + "/container/cgroup.procs", "3\n4\n5\n");
        }

        _host.Write(V2 + "/cpu.stat.local", "throttled_usec 1\n");
        if (init is not null) _host.Write(V2 + "/container/cpu.stat.local", "throttled_usec 2\n");

        for (int cycle = 0; cycle < 3; cycle++)
        {
            Read(1000 + cycle, init);
            Assert.Equal(init is null ? 1000 : 2000, _host.Sample.Scalars[Reading.CpuLocalThrottledNs]);
            Assert.Equal(processes, _host.Sample.Scalars.TryGet(Reading.PidsProcesses, out long value) ? (int)value : null);
        }
    }

    [Fact]
    public void Detail_that_is_off_opens_no_file_and_allocates_no_sample()
    {
        _host.WriteV2();
        _host.Options = new SampleOptions();
        using CgroupSampler sampler = _host.NewSampler();
        Assert.DoesNotContain(sampler.Plan.Files, file => file.Kind is CgroupFileKind.Extra or CgroupFileKind.NumaStat or CgroupFileKind.Processes || file.Extras.Length > 0);
        Assert.Null(_container.Read().MemoryDetail);
    }

    private static string[] Nodes(RowTable nodes) =>
        [.. Enumerable.Range(0, nodes.Count).SelectMany(i => (string[])[Encoding.ASCII.GetString(nodes[i].Key), .. Present(ContainerMemoryDetailFields.Nodes, nodes[i].Readings)])];
}
