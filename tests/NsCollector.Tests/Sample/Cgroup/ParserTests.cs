using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class ParserTests
{
    private readonly ReadingSet _readings = new(Reading.InfoPid, Reading.PidsMaxEvents);

    private static FlatKeyedParser CpuacctStat() => new(KernelKeys.Of("cpuacct.stat", isV2: false));

    private static ReadOnlySpan<byte> Bytes(string text) => Encoding.ASCII.GetBytes(text);

    [Theory]
    [InlineData("0\n", SingleValue.Number, 0UL)]
    [InlineData("9223372036854771712\n", SingleValue.Number, 9223372036854771712UL)]
    [InlineData("18446744073709551615\n", SingleValue.Number, ulong.MaxValue)]
    [InlineData("00000000000000000000000012\n", SingleValue.Number, 12UL)]
    [InlineData("max\n", SingleValue.Unlimited, 0UL)]
    [InlineData("-1\n", SingleValue.Unlimited, 0UL)]
    [InlineData("", SingleValue.Empty, 0UL)]
    public void SingleValue_parses_number_max_or_nothing(string text, object kind, ulong expected)
    {
        Assert.Equal((SingleValue)kind, SingleValueParser.Parse(Bytes(text), out ulong value));
        if ((SingleValue)kind == SingleValue.Number) Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("18446744073709551616\n")]
    [InlineData("99999999999999999999999\n")]
    [InlineData("12")]
    [InlineData("12 \n")]
    [InlineData("12\n13\n")]
    [InlineData("\n")]
    [InlineData("x\n")]
    [InlineData("-\n")]
    [InlineData("-1")]
    [InlineData("max")]
    [InlineData("1e3\n")]
    public void SingleValue_other_text_is_malformed(string text) =>
        Assert.Equal(SingleValue.Malformed, SingleValueParser.Parse(Bytes(text), out _));

    [Fact]
    public void CpuStat_v1_and_v2_times_are_nanoseconds()
    {
        var v1 = new ReadingSet(Reading.InfoPid, Reading.PidsMaxEvents);
        Assert.Equal(0, CpuStatParser.Parse(Bytes("nr_periods 7\nnr_throttled 2\nthrottled_time 5000\nnr_bursts 1\nburst_time 9000\n"), false, true, v1));
        Assert.Equal(0, CpuStatParser.Parse(
            Bytes("usage_usec 30\nuser_usec 20\nsystem_usec 10\ncore_sched.force_idle_usec 0\nnr_periods 7\nnr_throttled 2\nthrottled_usec 5\nnr_bursts 1\nburst_usec 9\n"),
            true, true, _readings));

        Assert.False(v1.Has(Reading.CpuUsageNs));
        Assert.Equal(30_000, _readings[Reading.CpuUsageNs]);
        Assert.Equal(20_000, _readings[Reading.CpuUserNs]);
        Assert.Equal(10_000, _readings[Reading.CpuSystemNs]);
        foreach (ReadingSet set in (ReadingSet[])[v1, _readings])
        {
            Assert.Equal(7, set[Reading.CpuNrPeriods]);
            Assert.Equal(2, set[Reading.CpuNrThrottled]);
            Assert.Equal(5_000, set[Reading.CpuThrottledNs]);
            Assert.Equal(1, set[Reading.CpuNrBursts]);
            Assert.Equal(9_000, set[Reading.CpuBurstNs]);
        }
    }

    [Fact]
    public void CpuStat_skips_keys_that_v1_has()
    {
        CpuStatParser.Parse(Bytes("usage_usec 30\nnr_periods 7\n"), true, false, _readings);

        Assert.True(_readings.Has(Reading.CpuUsageNs));
        Assert.False(_readings.Has(Reading.CpuNrPeriods));
    }

    [Fact]
    public void CpuStat_microseconds_overflow_is_left_out()
    {
        CpuStatParser.Parse(Bytes("usage_usec 9223372036854775807\n"), true, true, _readings);

        Assert.False(_readings.Has(Reading.CpuUsageNs));
        Assert.Equal(1, _readings.ImpossibleCount);
    }

    [Fact]
    public void CpuacctStat_converts_ticks()
    {
        Assert.Equal(0, CpuacctStat().Parse(Bytes("user 3\nsystem 2\n"), _readings, 10_000_000));

        Assert.Equal(30_000_000, _readings[Reading.CpuUserNs]);
        Assert.Equal(20_000_000, _readings[Reading.CpuSystemNs]);
    }

    [Theory]
    [InlineData("50000 100000\n", SingleValue.Number, 0.5)]
    [InlineData("max 100000\n", SingleValue.Unlimited, 0)]
    [InlineData("", SingleValue.Empty, 0)]
    [InlineData("50000 0\n", SingleValue.Malformed, 0)]
    [InlineData("50000\n", SingleValue.Malformed, 0)]
    [InlineData("50000 100000", SingleValue.Malformed, 0)]
    [InlineData("max", SingleValue.Malformed, 0)]
    [InlineData("max ", SingleValue.Malformed, 0)]
    public void CpuMax_parses_quota_over_period(string text, object kind, double cores)
    {
        Assert.Equal((SingleValue)kind, CpuMaxParser.Parse(Bytes(text), out double parsed));
        if ((SingleValue)kind == SingleValue.Number) Assert.Equal(cores, parsed);
    }

    [Fact]
    public void UsagePercpu_has_a_row_for_each_core()
    {
        var rows = new RowTable(Reading.CoreUsageNs, Reading.CoreUsageNs);

        Assert.Equal(0, PercpuParser.Parse(Bytes("11 0 33 \n"), rows));

        Assert.Equal(["0", "1", "2"], Enumerable.Range(0, rows.Count).Select(i => Encoding.ASCII.GetString(rows[i].Key)));
        Assert.Equal(33, rows[2].Readings[Reading.CoreUsageNs]);
        rows.Clear();
        Assert.Equal(1, PercpuParser.Parse(Bytes("11 x 33 \n"), rows));
        Assert.Equal(1, rows.Count);
    }

    [Fact]
    public void MemoryStat_v1_prefers_total_keys_in_any_order()
    {
        var parser = new MemoryStatParser(false);

        Assert.Equal(0, parser.Parse(
            Bytes("cache 1\nrss 2\ninactive_file 3\nhierarchical_memory_limit 9223372036854771712\ntotal_cache 10\ntotal_rss 20\ntotal_inactive_file 30\ntotal_pgfault 40\n"), _readings));

        Assert.Equal(10, _readings[Reading.MemoryFileBytes]);
        Assert.Equal(20, _readings[Reading.MemoryAnonBytes]);
        Assert.Equal(30, _readings[Reading.MemoryInactiveFileBytes]);
        Assert.Equal(40, _readings[Reading.MemoryPgfault]);

        // The parser knows the layout from the first text. A text without totals must not give the local values.
        _readings.Clear();
        parser.Parse(Bytes("cache 1\nrss 2\ninactive_file 3\nhierarchical_mem"), _readings);
        Assert.True(_readings.IsEmpty);
    }

    [Fact]
    public void MemoryStat_v1_without_total_keys_uses_plain_keys()
    {
        new MemoryStatParser(false).Parse(Bytes("cache 1\nrss 2\nswap 3\n"), _readings);

        Assert.Equal(1, _readings[Reading.MemoryFileBytes]);
        Assert.Equal(2, _readings[Reading.MemoryAnonBytes]);
        Assert.Equal(3, _readings[Reading.MemorySwapBytes]);
    }

    [Fact]
    public void MemoryStat_v2_keys_differ_in_meaning_from_v1()
    {
        new MemoryStatParser(true).Parse(
            Bytes("anon 1\nfile 2\nkernel 3\nsock 4\nshmem 5\nfile_mapped 6\nfile_dirty 7\nfile_writeback 8\nrss 99\ncache 99\nswap 99\nunevictable 9\n"), _readings);

        Assert.Equal(1, _readings[Reading.MemoryAnonBytes]);
        Assert.Equal(2, _readings[Reading.MemoryFileBytes]);
        Assert.Equal(3, _readings[Reading.MemoryKernelBytes]);
        Assert.Equal(4, _readings[Reading.MemoryKernelTcpBytes]);
        Assert.Equal(5, _readings[Reading.MemoryShmemBytes]);
        Assert.Equal(6, _readings[Reading.MemoryMappedFileBytes]);
        Assert.Equal(7, _readings[Reading.MemoryDirtyBytes]);
        Assert.Equal(8, _readings[Reading.MemoryWritebackBytes]);
        Assert.Equal(9, _readings[Reading.MemoryUnevictableBytes]);
        Assert.False(_readings.Has(Reading.MemorySwapBytes));
    }

    [Fact]
    public void MemoryStat_reordered_lines_are_parsed()
    {
        var parser = new MemoryStatParser(true);
        string[] lines = ["anon 1", "file 2", "new_key_of_a_later_kernel 5", "shmem 3", "pgfault 4", "a_key_that_is_far_longer_than_any_key_which_the_kernel_has_today_by_some_way 6"];
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            random.Shuffle(lines);
            _readings.Clear();
            Assert.Equal(0, parser.Parse(Bytes(string.Join('\n', lines) + "\n"), _readings));
            Assert.Equal(1, _readings[Reading.MemoryAnonBytes]);
            Assert.Equal(2, _readings[Reading.MemoryFileBytes]);
            Assert.Equal(3, _readings[Reading.MemoryShmemBytes]);
            Assert.Equal(4, _readings[Reading.MemoryPgfault]);
        }
    }

    [Fact]
    public void MemoryStat_truncated_anywhere_gives_no_wrong_number()
    {
        const string Text = "anon 1234567\nfile 7654321\nshmem 18446744073709551615\npgfault 42\n";
        var parser = new MemoryStatParser(true);
        var whole = new ReadingSet(Reading.InfoPid, Reading.PidsMaxEvents);
        parser.Parse(Bytes(Text), whole);
        Assert.True(whole.IsImpossible(Reading.MemoryShmemBytes));

        for (int length = 0; length < Text.Length; length++)
        {
            _readings.Clear();
            int malformed = parser.Parse(Bytes(Text[..length]), _readings);
            Assert.Equal(length == 0 || Text[length - 1] == '\n' ? 0 : 1, malformed);
            for (Reading reading = _readings.First; reading <= _readings.Last; reading++)
            {
                if (_readings.TryGet(reading, out long value)) Assert.Equal(whole[reading], value);
            }
        }
    }

    [Theory]
    [InlineData("anon\n")]
    [InlineData("anon \n")]
    [InlineData(" 5\n")]
    [InlineData("\n")]
    [InlineData("anon x\n")]
    [InlineData("anon 5x\n")]
    [InlineData("anon 18446744073709551616\n")]
    [InlineData("anon -5\n")]
    public void MemoryStat_malformed_line_is_skipped_and_counted(string line)
    {
        var parser = new MemoryStatParser(true);
        foreach (string text in (string[])[line + "file 2\n", line + "file 2\n"])
        {
            _readings.Clear();
            Assert.Equal(1, parser.Parse(Bytes(text), _readings));
            Assert.False(_readings.Has(Reading.MemoryAnonBytes));
            Assert.Equal(2, _readings[Reading.MemoryFileBytes]);
        }
    }

    [Fact]
    public void Pressure_parses_some_and_full_or_only_some()
    {
        var set = new ReadingSet(Reading.PressureSomeAvg10, Reading.PressureFullTotalUs);

        Assert.Equal(0, PressureParser.Parse(Bytes("some avg10=1.84 avg60=20.30 avg300=100.00 total=12345\nfull avg10=0.00 avg60=0.07 avg300=0.00 total=9\n"), set));
        Assert.Equal(1.84, set.GetDouble(Reading.PressureSomeAvg10));
        Assert.Equal(20.3, set.GetDouble(Reading.PressureSomeAvg60));
        Assert.Equal(100, set.GetDouble(Reading.PressureSomeAvg300));
        Assert.Equal(12345, set[Reading.PressureSomeTotalUs]);
        Assert.Equal(0.07, set.GetDouble(Reading.PressureFullAvg60));
        Assert.Equal(9, set[Reading.PressureFullTotalUs]);

        set.Clear();
        Assert.Equal(0, PressureParser.Parse(Bytes("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"), set));
        Assert.False(set.Has(Reading.PressureFullTotalUs));

        set.Clear();
        Assert.Equal(1, PressureParser.Parse(Bytes("some avg10=0.00 avg60=0.00 avg300=0.00 total=12"), set));
        Assert.True(set.IsEmpty);
        Assert.Equal(3, PressureParser.Parse(Bytes("some avg10=0.00\nsome avg10=0 avg60=0.00 avg300=0.00 total=1\nother\n"), set));
        Assert.True(set.IsEmpty);
    }

    [Fact]
    public void Blkio_lines_set_row_of_device_and_ignore_total()
    {
        var rows = new RowTable(Reading.BlkioReadBytes, Reading.BlkioCostIndelayUs);
        BlockDeviceRows devices = Devices(rows, 256);

        Assert.Equal(0, BlkioParser.Parse(
            Bytes("8:0 Read 1\n8:0 Write 2\n8:0 Sync 3\n8:0 Async 4\n8:0 Discard 5\n8:0 Total 6\n259:17 Read 7\n259:17 Flush 8\nTotal 15\n"), BlkioFileKind.Bytes, devices));
        Assert.Equal(0, BlkioParser.Parse(Bytes("8:0 Read 10\nTotal 10\n"), BlkioFileKind.Ops, devices));
        Assert.Equal(0, BlkioParser.Parse(Bytes("8:0 11\nTotal 11\n"), BlkioFileKind.Sectors, devices));
        Assert.Equal(0, BlkioParser.Parse(Bytes("8:0 Read 1\n8:0 Total 12\nTotal 12\n"), BlkioFileKind.Queued, devices));

        Assert.Equal(2, rows.Count);
        Assert.Equal("8:0", Encoding.ASCII.GetString(rows[0].Key));
        Assert.Equal("259:17", Encoding.ASCII.GetString(rows[1].Key));
        ReadingSet first = rows[0].Readings;
        Assert.Equal(
            [1, 2, 5, 3, 4, 10, 11, 12],
            ((Reading[])[Reading.BlkioReadBytes, Reading.BlkioWriteBytes, Reading.BlkioDiscardBytes, Reading.BlkioSyncBytes, Reading.BlkioAsyncBytes,
                Reading.BlkioReadOps, Reading.BlkioSectors, Reading.BlkioQueued]).Select(r => first[r]));
        Assert.False(first.Has(Reading.BlkioWriteOps));
        Assert.Equal(7, rows[1].Readings[Reading.BlkioReadBytes]);
    }

    [Fact]
    public void Blkio_malformed_line_is_skipped_and_counted()
    {
        var rows = new RowTable(Reading.BlkioReadBytes, Reading.BlkioCostIndelayUs);

        Assert.Equal(6, BlkioParser.Parse(
            Bytes("8 Read 1\n8:0\n8:x Read 1\n:0 Read 1\n8:0 Read \n8:0 Write 5\n8:0 Read 12"), BlkioFileKind.Bytes, Devices(rows, 256)));

        Assert.Equal(5, rows[0].Readings[Reading.BlkioWriteBytes]);
        Assert.False(rows[0].Readings.Has(Reading.BlkioReadBytes));
    }

    [Fact]
    public void IoStat_parses_all_formats_of_kernels()
    {
        var rows = new RowTable(Reading.BlkioReadBytes, Reading.BlkioCostIndelayUs);

        Assert.Equal(0, IoStatParser.Parse(
            Bytes("254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.vrate=100.00 cost.usage=7\n8:16 \n7:0 253:1 rbytes=9 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n"),
            Devices(rows, 256)));

        Assert.Equal(["254:0", "253:1"], Enumerable.Range(0, rows.Count).Select(i => Encoding.ASCII.GetString(rows[i].Key)));
        Assert.Equal(1, rows[0].Readings[Reading.BlkioReadBytes]);
        Assert.Equal(6, rows[0].Readings[Reading.BlkioDiscardOps]);
        Assert.Equal(9, rows[1].Readings[Reading.BlkioReadBytes]);
        Assert.False(rows[0].Readings.Has(Reading.BlkioSyncBytes));
    }

    [Fact]
    public void IoStat_malformed_line_is_skipped_and_counted()
    {
        var rows = new RowTable(Reading.BlkioReadBytes, Reading.BlkioCostIndelayUs);

        Assert.Equal(4, IoStatParser.Parse(
            Bytes("rbytes=1\n8:0 rbytes=x wbytes=2\n8:0 what\n8:16 rbytes=5\n8:16 wbytes=12"), Devices(rows, 256)));

        Assert.Equal(2, rows[0].Readings[Reading.BlkioWriteBytes]);
        Assert.False(rows[0].Readings.Has(Reading.BlkioReadBytes));
        Assert.Equal(5, rows[1].Readings[Reading.BlkioReadBytes]);
        Assert.False(rows[1].Readings.Has(Reading.BlkioWriteBytes));
    }

    [Fact]
    public void Devices_over_limit_are_refused_and_first_ones_kept()
    {
        var rows = new RowTable(Reading.BlkioReadBytes, Reading.BlkioCostIndelayUs);
        BlockDeviceRows devices = Devices(rows, 2);

        IoStatParser.Parse(Bytes("8:0 rbytes=1 wbytes=1\n8:1 rbytes=2\n8:2 rbytes=3 wbytes=3\n8:3 rbytes=4\n8:0 rios=9\n"), devices);

        Assert.Equal(2, rows.Count);
        Assert.Equal(2, devices.Refused);
        Assert.Equal(9, rows[0].Readings[Reading.BlkioReadOps]);
    }

    [Fact]
    public void CgroupEvents_parses_populated_and_frozen_if_present()
    {
        CgroupEventsParser.Parse(Bytes("populated 1\nfrozen 0\n"), out bool? populated, out bool? frozen);
        Assert.True(populated);
        Assert.False(frozen);
        CgroupEventsParser.Parse(Bytes("populated 0\n"), out populated, out frozen);
        Assert.False(populated);
        Assert.Null(frozen);
    }

    [Fact]
    public void HostMemory_is_MemTotal()
    {
        Assert.Equal(16374532L * 1024, HostMemory.Parse(Bytes("MemTotal:       16374532 kB\nMemFree: 1 kB\n")));
        Assert.Null(HostMemory.Parse(Bytes("MemTotal:       163")));
        Assert.Null(HostMemory.Parse(Bytes("MemFree: 1 kB\n")));
    }

    [Fact]
    public void Parsers_random_bytes_do_not_throw()
    {
        var random = new Random(7);
        byte[][] pieces = [.. ((string[])["some ", "full ", "avg10=", "avg60=0.00 ", "avg300=", "total=", "8:0 ", "Read ", "Total ", "anon ", "total_rss ", "max", "=", ":", ".", " ", "\n", "\n", "0", "12", "99999999999999999999", "18446744073709551616", "-1", "x"]).Select(Encoding.ASCII.GetBytes)];
        FlatKeyedParser cpuacctStat = CpuacctStat(), memoryEvents = new(KernelKeys.Of("memory.events", isV2: true));
        var memoryV1 = new MemoryStatParser(false);
        var memoryV2 = new MemoryStatParser(true);
        var rows = new RowTable(Reading.BlkioReadBytes, Reading.BlkioCostIndelayUs);
        var cores = new RowTable(Reading.CoreUsageNs, Reading.CoreUsageNs);
        var pressure = new ReadingSet(Reading.PressureSomeAvg10, Reading.PressureFullTotalUs);
        BlockDeviceRows devices = Devices(rows, 16);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] text = [.. Enumerable.Range(0, random.Next(14)).SelectMany(_ => random.Next(8) == 0 ? [(byte)random.Next(256)] : pieces[random.Next(pieces.Length)])];
            SingleValueParser.Parse(text, out _);
            CpuMaxParser.Parse(text, out _);
            CpuStatParser.Parse(text, true, true, _readings);
            cpuacctStat.Parse(text, _readings, 10_000_000);
            memoryV1.Parse(text, _readings);
            memoryV2.Parse(text, _readings);
            PressureParser.Parse(text, pressure);
            memoryEvents.Parse(text, _readings);
            CgroupEventsParser.Parse(text, out _, out _);
            HostMemory.Parse(text);
            foreach (BlkioFileKind kind in Enum.GetValues<BlkioFileKind>()) BlkioParser.Parse(text, kind, devices);
            IoStatParser.Parse(text, devices);
            cores.Clear();
            PercpuParser.Parse(text, cores);
        }

        Assert.InRange(rows.Count, 1, 16);
    }

    private static BlockDeviceRows Devices(RowTable rows, int max)
    {
        var devices = new BlockDeviceRows(new BlockDeviceNames("/nonexistent", TimeSpan.FromSeconds(30)), max);
        devices.Begin(rows, 0);
        return devices;
    }
}
