using System.Globalization;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Tests.Sample.HostMetrics;

/// <summary>Texts of Linux 6.18, cut to what matters, and broken ones.</summary>
public sealed class HostParserTests
{
    private readonly HostSample _sample = new();

    [Fact]
    public void Stat_gives_times_in_nanoseconds_and_counts_processors()
    {
        Assert.True(ProcStatParser.Parse(
            """
            cpu  10 20 30 40 50 60 70 80 90 100
            cpu0 5 10 15 20 25 30 35 40 45 50
            cpu7 5 10 15 20 25 30 35 40 45 50
            intr 45900287 0 9 0 1
            ctxt 208719989
            btime 1796000000
            processes 1338060
            procs_running 3
            procs_blocked 1

            """u8, 10_000_000, _sample.Cpu));
        Assert.Equal(
            [100_000_000, 200_000_000, 300_000_000, 400_000_000, 500_000_000, 600_000_000, 700_000_000, 800_000_000, 900_000_000, 1_000_000_000],
            Enumerable.Range(0, 10).Select(i => _sample.Cpu[(Reading)((int)Reading.HostCpuUserNs + i)]));
        Assert.Equal(
            (2, 45900287, 208719989, 1338060, 3, 1),
            (_sample.Cpu[Reading.HostCpuCount], _sample.Cpu[Reading.HostCpuInterrupts], _sample.Cpu[Reading.HostCpuContextSwitches],
                _sample.Cpu[Reading.HostCpuForks], _sample.Cpu[Reading.HostCpuRunnable], _sample.Cpu[Reading.HostCpuBlocked]));
    }

    [Fact]
    public void Stat_gives_a_row_for_each_processor_only_if_wanted()
    {
        const string Text = "cpu  1 1 1 1 1 1 1 1 1 1\ncpu0 5 10 15 20 25 30 35 40 45 50\ncpu7 5 10 15 20 25 30 35 40 45 51\n";
        Assert.True(ProcStatParser.Parse(Encoding.ASCII.GetBytes(Text), 10_000_000, _sample.Cpu, _sample.Processors));
        Assert.Equal(["0", "7"], Enumerable.Range(0, _sample.Processors.Count).Select(i => Encoding.ASCII.GetString(_sample.Processors[i].Key)));
        Assert.Equal((50_000_000, 510_000_000), (_sample.Processors[1].Readings[Reading.HostCpuUserNs], _sample.Processors[1].Readings[Reading.HostCpuGuestNiceNs]));
        Assert.False(ProcStatParser.Parse("cpu  1 1 1 1 1 1 1 1 1 1\ncpu0 5 10\n"u8, 10_000_000, _sample.Cpu, _sample.Processors));
    }

    [Theory]
    [InlineData("cpu  10 20 30\ncpu0 1 2 3\n")]
    [InlineData("cpu  10 20 30 40 50 x 70 80 90 100\ncpu0 1\n")]
    [InlineData("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\nctxt 12")]
    [InlineData("ctxt 12\n")]
    public void Stat_that_is_torn_is_not_understood(string text) =>
        Assert.False(ProcStatParser.Parse(Encoding.ASCII.GetBytes(text), 10_000_000, _sample.Cpu));

    [Fact]
    public void Meminfo_gives_bytes_and_ignores_unknown_keys()
    {
        Assert.True(MeminfoParser.Parse(
            "MemTotal:       24684092 kB\nMemFree:        17213540 kB\nActive(anon):      52964 kB\nNewKey:          7 kB\nHugePages_Total:       0\nHugetlb:               0 kB\n"u8,
            _sample.Memory));
        Assert.Equal(24684092L * 1024, _sample.Memory[Reading.HostMemoryTotalBytes]);
        Assert.Equal(52964L * 1024, _sample.Memory[Reading.HostMemoryActiveAnonBytes]);
        Assert.Equal(0, _sample.Memory[Reading.HostMemoryHugetlbBytes]);
        Assert.False(_sample.Memory.Has(Reading.HostMemoryAvailableBytes));
    }

    [Theory]
    [InlineData("MemTotal:  x kB\n")]
    [InlineData("MemTotal:  12\n")]
    [InlineData("MemTotal:  12 k")]
    [InlineData("MemTotal:  12 kB")]
    [InlineData("MemTotal:  99999999999999999999999 kB\n")]
    public void Meminfo_with_broken_line_is_not_understood(string text)
    {
        Assert.False(MeminfoParser.Parse(Encoding.ASCII.GetBytes(text), _sample.Memory));
        Assert.True(_sample.Memory.IsEmpty);
    }

    [Fact]
    public void Loadavg_gives_averages_and_tasks()
    {
        Assert.True(LoadavgParser.Parse("10.87 0.05 13.40 3/2258 11206\n"u8, _sample.Load));
        Assert.Equal((10.87, 0.05, 13.4), (_sample.Load.GetDouble(Reading.HostLoad1), _sample.Load.GetDouble(Reading.HostLoad5), _sample.Load.GetDouble(Reading.HostLoad15)));
        Assert.Equal((3, 2258), (_sample.Load[Reading.HostLoadRunnable], _sample.Load[Reading.HostLoadTasks]));
    }

    [Fact]
    public void Loadavg_is_the_number_of_its_text()
    {
        for (int hundredths = 0; hundredths < 40_000; hundredths++)
        {
            string text = $"{hundredths / 100}.{hundredths % 100:00}";
            Assert.True(LoadavgParser.Parse(Encoding.ASCII.GetBytes(text + " 0.00 0.00 1/2 3\n"), _sample.Load));
            Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), _sample.Load.GetDouble(Reading.HostLoad1));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.87 0.05 13.40 3/2258 11206")]
    [InlineData("10.8 0.05 13.40 3/2258 11206\n")]
    [InlineData("10.87 0.05 13.40 3 2258 11206\n")]
    [InlineData("10.87 0.05 13.40 3/ 11206\n")]
    [InlineData("10.87\n")]
    public void Loadavg_that_is_torn_is_not_understood(string text) => Assert.False(LoadavgParser.Parse(Encoding.ASCII.GetBytes(text), _sample.Load));

    [Fact]
    public void Diskstats_of_each_kernel_gives_the_columns_that_it_has()
    {
        Assert.True(Disks(
            """
               8       0 old 1 2 3 4 5 6 7 8 9 10 11
             254       0 discards 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
             259       0 flushes 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18
               7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0

            """));
        Assert.Equal(["old", "discards", "flushes"], Enumerable.Range(0, _sample.Disks.Count).Select(i => Encoding.ASCII.GetString(_sample.Disks[i].Key)));
        ReadingSet old = _sample.Disks[0].Readings, flushes = _sample.Disks[2].Readings;
        Assert.Equal((3 * 512, 4_000_000, 7 * 512, 9), (old[Reading.HostDiskReadBytes], old[Reading.HostDiskReadNs], old[Reading.HostDiskWriteBytes], old[Reading.HostDiskInFlight]));
        Assert.False(old.Has(Reading.HostDiskDiscardOps));
        Assert.False(_sample.Disks[1].Readings.Has(Reading.HostDiskFlushOps));
        Assert.Equal((14 * 512, 16, 17_000_000), (flushes[Reading.HostDiskDiscardBytes], flushes[Reading.HostDiskFlushOps], flushes[Reading.HostDiskFlushNs]));
    }

    [Theory]
    [InlineData("8 0 sda 1 2 3\n", 1)]
    [InlineData("8 0 sda 1 2 3 4 5 6 7 8 9 10 11", 0)]
    [InlineData("8 x sda 1 2 3 4 5 6 7 8 9 10 11\n", 0)]
    [InlineData("8 0\n", 0)]
    [InlineData("8 0 sda 1 2 3 4 5 6 7 8 9 10 -1\n", 1)]
    public void Diskstats_with_broken_line_is_not_understood(string text, int rows)
    {
        Assert.False(Disks(text));
        Assert.Equal(rows, _sample.Disks.Count);
    }

    [Fact]
    public void Diskstats_over_limit_counts_the_rest()
    {
        DiskstatsParser.Parse("8 0 a 1 1 1 1 1 1 1 1 1 1 1\n8 16 b 1 1 1 1 1 1 1 1 1 1 1\n"u8, new Partitions("/nowhere"), _sample.Disks, 1, out int overLimit);
        Assert.Equal((1, 1), (_sample.Disks.Count, overLimit));
    }

    private bool Disks(string text) => DiskstatsParser.Parse(Encoding.ASCII.GetBytes(text), new Partitions("/nowhere"), _sample.Disks, 100, out _);
}
