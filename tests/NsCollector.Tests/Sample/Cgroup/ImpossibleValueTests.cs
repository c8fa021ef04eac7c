using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>Counters that the kernel has let fall below zero, as bug reports of both cgroup versions show them.</summary>
public sealed class ImpossibleValueTests : IDisposable
{
    private const string Directory = "cgroup" + CgroupFixture.ContainerPath;

    private readonly CgroupFixture _host = new();

    private ReadingSet Scalars => _host.Sample.Scalars;

    public void Dispose() => _host.Dispose();

    private void Read()
    {
        using CgroupSampler sampler = _host.NewSampler();
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer());
        _host.Sample.Clear();
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1_000_000_000));
        sampler.Close(cgroup);
    }

    [Fact]
    public void Read_v2_counters_below_zero_are_left_out_and_counted()
    {
        _host.WriteV2();
        _host.Write(Directory + "/memory.current", "104857600\n");
        _host.Write(Directory + "/memory.stat",
            "anon 18446744073709547520\nfile 52428800\nshmem 18446744073709543424\ninactive_file 18446744073709535232\nfile_mapped 4096\n");
        _host.Write(Directory + "/cpu.stat", "usage_usec 1000\nuser_usec 18446744073709551600\nsystem_usec 1016\n");
        _host.Write(Directory + "/io.stat", "8:0 rbytes=4096 wbytes=18446744073709547520 rios=1 wios=1 dbytes=0 dios=0\n");
        Read();

        Assert.False(Scalars.Has(Reading.MemoryAnonBytes));
        Assert.False(Scalars.Has(Reading.MemoryShmemBytes));
        Assert.False(Scalars.Has(Reading.MemoryInactiveFileBytes));
        Assert.Equal(52_428_800, Scalars[Reading.MemoryFileBytes]);
        Assert.Equal(104_857_600, Scalars[Reading.MemoryWorkingSetBytes]);
        Assert.False(Scalars.Has(Reading.CpuUserNs));
        Assert.Equal(1_016_000, Scalars[Reading.CpuSystemNs]);
        ReadingSet device = _host.Sample.Devices[0].Readings;
        Assert.Equal(4096, device[Reading.BlkioReadBytes]);
        Assert.False(device.Has(Reading.BlkioWriteBytes));
        Assert.Equal(5, _host.Sample.ImpossibleCount);
    }

    [Fact]
    public void Read_v1_counters_below_zero_are_left_out_and_counted()
    {
        _host.WriteV1();
        _host.Write("cgroup/memory" + CgroupFixture.ContainerPath + "/memory.usage_in_bytes", "18446744073709490176\n");
        _host.Write("cgroup/memory" + CgroupFixture.ContainerPath + "/memory.stat", "total_cache 18446744073709547520\ntotal_rss 600000\ntotal_inactive_file 200000\n");
        _host.Write("cgroup/cpu,cpuacct" + CgroupFixture.ContainerPath + "/cpuacct.usage_percpu", "18446744073709551615 7 \n");
        _host.Write("cgroup/pids" + CgroupFixture.ContainerPath + "/pids.current", "-1\n");
        _host.Options = _host.Options with { CpuCores = true };
        Read();

        Assert.False(Scalars.Has(Reading.MemoryUsageBytes));
        Assert.False(Scalars.Has(Reading.MemoryWorkingSetBytes));
        Assert.False(Scalars.Has(Reading.MemoryUsagePercent));
        Assert.False(Scalars.Has(Reading.MemoryFileBytes));
        Assert.Equal(600_000, Scalars[Reading.MemoryAnonBytes]);
        Assert.False(Scalars.Has(Reading.PidsCurrent));
        Assert.False(_host.Sample.Cores[0].Readings.Has(Reading.CoreUsageNs));
        Assert.Equal(7, _host.Sample.Cores[1].Readings[Reading.CoreUsageNs]);
        Assert.Equal(4, _host.Sample.ImpossibleCount);
    }

    [Fact]
    public void Read_inactive_file_larger_than_usage_gives_a_working_set_of_0()
    {
        _host.WriteV2();
        _host.Write(Directory + "/memory.current", "4096\n");
        _host.Write(Directory + "/memory.stat", "inactive_file 8192\n");
        Read();

        Assert.Equal(0, Scalars[Reading.MemoryWorkingSetBytes]);
        Assert.Equal(0, _host.Sample.ImpossibleCount);
    }

    [Fact]
    public void Read_pressure_average_above_100_is_left_out()
    {
        _host.WriteV2();
        _host.Write(Directory + "/cpu.pressure", "some avg10=9007199254740991.99 avg60=100.00 avg300=3.00 total=18446744073709551000\n");
        Read();

        ReadingSet cpu = _host.Sample.Pressure[0].Readings;
        Assert.False(cpu.Has(Reading.PressureSomeAvg10));
        Assert.Equal(100, cpu.GetDouble(Reading.PressureSomeAvg60));
        Assert.False(cpu.Has(Reading.PressureSomeTotalUs));
        Assert.Equal(2, _host.Sample.ImpossibleCount);
    }
}
