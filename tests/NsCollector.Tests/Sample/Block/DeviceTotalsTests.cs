using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Block;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Block;

/// <summary>The numbers are what the kernels 5.10, 6.1 and 6.12 charged, as docs/decisions/0017-block-totals.md has them.</summary>
public sealed class DeviceTotalsTests : IDisposable
{
    private const string Group = "LVM-Dg2Y1ruCSPoX48eij8cXH8IlglekxrjI";

    private readonly BlockFixture _host = new();

    public DeviceTotalsTests()
    {
        for (int i = 0; i < 4; i++) _host.Disk($"sd{(char)('a' + i)}", $"8:{16 * i}");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Totals_disks_only_sum()
    {
        Assert.Equal((11, 22), _host.Totals(("8:0", 1, 2), ("8:16", 10, 20)));
        Assert.Equal((null, null), _host.Totals());
    }

    [Theory]
    [InlineData(1_048_576, 1_048_576)]
    [InlineData(4096, 0)]
    public void Totals_crypt_on_lvm_on_a_disk_count_once(long read, long written)
    {
        Crypt("dm-1", "253:1", Linear("dm-0", "253:0", "sda"));
        Assert.Equal((read, written), _host.Totals(("8:0", read, written), ("253:0", read, written), ("253:1", read, written)));
    }

    [Fact]
    public void Totals_crypt_beside_direct_use_add_what_was_direct()
    {
        Crypt("dm-0", "253:0", "sda");
        Assert.Equal((15, 17), _host.Totals(("253:0", 10, 10), ("8:0", 15, 17)));
    }

    [Fact]
    public void Totals_crypt_not_charged_below_add_all_once_it_shows()
    {
        Crypt("dm-0", "253:0", "sda");

        // What is still in the queue of the encrypting thread looks the same, so it must show twice.
        Assert.Equal((15, 10), _host.Totals(("253:0", 10, 10), ("8:0", 15, 5)));
        Assert.Equal((15, 15), _host.Totals(("253:0", 10, 10), ("8:0", 15, 5)));
        Assert.Equal((15, 110), _host.Totals(("253:0", 10, 10), ("8:0", 15, 100)));

        // Another device may be of another kind.
        Crypt("dm-1", "253:1", "sdb");
        Assert.Equal((15, 12), _host.Totals(("253:1", 10, 10), ("8:16", 15, 12)));
    }

    [Fact]
    public void Totals_crypt_writes_in_flight_do_not_show_that_they_are_free()
    {
        Crypt("dm-0", "253:0", "sda");
        for (int i = 1; i < 10; i++) Assert.Equal((0, 100 * i), _host.Totals(("253:0", 0, 100 * i), ("8:0", 0, 10 * i)));
        Assert.Equal((0, 1000), _host.Totals(("253:0", 0, 900), ("8:0", 0, 1000)));
    }

    [Fact]
    public void Totals_partition_below_a_device_are_of_its_disk()
    {
        _host.Partition("sda1", "8:1", "sda");
        Crypt("dm-0", "253:0", "sda1");
        Assert.Equal((10, 20), _host.Totals(("253:0", 10, 20), ("8:0", 10, 20)));
    }

    [Theory]
    [InlineData("raid0", "0", 8, 8, 16)]
    [InlineData("raid0", "-1", 8, 0, 16)] // Linux 5.10 charges a part
    [InlineData("linear", "0", 0, 0, 16)]
    [InlineData("raid1", "0", 16, 16, 16)]
    [InlineData("raid1", "0", 16, 20, 20)] // four more went to a partition beside the array
    [InlineData("raid10", "258", 16, 16, 16)]
    [InlineData("raid10", "258", 16, 23, 23)]
    [InlineData("raid5", "2", 0, 0, 16)]
    [InlineData("raid5", "2", 3, 0, 19)]
    [InlineData("raid6", "2", 3, 4, 23)]
    public void Totals_of_writes_to_raid_count_copies_once(string level, string layout, long first, long second, long total)
    {
        _host.Stacked("md9", "9:9", ["sda", "sdb"], ("md/level", level + "\n"), ("md/layout", layout + "\n"));
        Assert.Equal(total, _host.Totals(("9:9", 0, 16), ("8:0", 0, first), ("8:16", 0, second)).Write);
    }

    [Fact]
    public void Totals_of_reads_from_raid_count_once()
    {
        foreach (string level in new[] { "raid0", "raid1", "raid5", "raid10" })
        {
            _host.Stacked($"md-{level}", $"9:{level[4..]}", ["sda", "sdb"], ("md/level", level + "\n"), ("md/layout", "258\n"));
            Assert.Equal(16, _host.Totals(($"9:{level[4..]}", 16, 0), ("8:0", 6, 0), ("8:16", 10, 0)).Read);
        }
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(8, 8)]
    [InlineData(0, 0)]
    public void Totals_of_an_lvm_raid_volume_count_its_parts_as_above(long first, long second)
    {
        Volume("dm-0", "253:0", "-1", "sda");
        Volume("dm-1", "253:1", "-2", "sdb");
        Volume("dm-2", "253:2", "-3", "sda");
        Volume("dm-4", "253:4", "-4", "dm-0", "dm-1", "dm-2");
        Assert.Equal(16, _host.Totals(("253:4", 0, 16), ("253:0", 0, first), ("253:1", 0, second), ("8:0", 0, first), ("8:16", 0, second)).Write);
        Assert.Equal(19, _host.Totals(("253:4", 0, 16), ("253:0", 0, first), ("253:1", 0, second), ("8:0", 0, first + 3), ("8:16", 0, second)).Write);
    }

    [Fact]
    public void Totals_of_two_thin_volumes_of_one_pool_count_each_once()
    {
        Volume("dm-0", "253:0", "-tdata", "sda");
        Volume("dm-1", "253:1", "-tpool", "dm-0");
        Volume("dm-2", "253:2", "", "dm-1");
        Volume("dm-3", "253:3", "x", "dm-1");
        Assert.Equal((37, 0), _host.Totals(("253:2", 17, 0), ("253:3", 20, 0), ("253:1", 36, 0), ("253:0", 36, 0), ("8:0", 36, 0)));
    }

    [Fact]
    public void Totals_of_multipath_by_requests_are_not_charged_below()
    {
        _host.Stacked("dm-0", "253:0", ["sda"], ("dm/uuid", "mpath-a\n"));
        Assert.Equal((16, 16), _host.Totals(("253:0", 16, 16), ("8:0", 16, 16)));
        _host.Stacked("dm-1", "253:1", ["sdb"], ("dm/uuid", "mpath-b\n"));
        _host.Directories("sys/devices/dm-1/mq");
        Assert.Equal((21, 19), _host.Totals(("253:1", 16, 16), ("8:16", 5, 3)));
    }

    [Fact]
    public void Totals_of_volumes_over_several_disks_are_as_low_as_the_numbers_allow()
    {
        // The first volume has used the first disk, the second one the second disk and the third one the third.
        Linear("dm-0", "253:0", "sda", "sdb");
        Linear("dm-1", "253:1", "sdb", "sdc");
        Linear("dm-2", "253:2", "sdc", "sda");
        Assert.Equal((300, 6), _host.Totals(("253:0", 100, 1), ("253:1", 100, 2), ("253:2", 100, 3), ("8:0", 100, 3), ("8:16", 100, 1), ("8:32", 100, 2)));
        Assert.Equal((300, 0), _host.Totals(("253:0", 100, 0), ("253:1", 200, 0), ("8:0", 0, 0), ("8:16", 300, 0)));
    }

    [Theory]
    [InlineData("1 1 8:0 / / rw - ext4 /dev/sda rw", "7 1 8:16 / /var/lib rw shared:1 - xfs /dev/sdb rw")]
    [InlineData("1 1 8:0 / / rw - ext4 /dev/sda rw", "6 1 8:32 / /var/lib rw - xfs /dev/sdc rw", "7 1 8:16 / /var/lib rw - xfs /dev/sdb rw")]
    [InlineData("1 1 8:0 / / rw - ext4 /dev/sda rw", "6 1 8:32 / /var/lib rw - xfs /dev/sdc rw", "7 1 8:16 / /var rw - xfs /dev/sdb rw")]
    [InlineData("1 1 0:30 / / rw - overlay overlay rw,lowerdir=/x,upperdir=/up/1,workdir=/w", "2 1 8:16 / /up rw - ext4 /dev/sdb rw")]
    public void Totals_of_a_loop_device_are_those_of_the_disk_of_its_file(params string[] mounts)
    {
        _host.Mounts(mounts);
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/var/lib/img\n"), ("loop/dio", "1\n"));
        Assert.Equal((35, 5), _host.Totals(("7:0", 32, 5), ("8:16", 35, 5)));
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Totals_of_a_loop_device_on_btrfs_are_those_of_its_disks()
    {
        Linear("dm-9", "253:9", "sdb");
        _host.Write("sys/devices/dm-9/dm/name", "pool\n");
        _host.Directories("sys/fs/btrfs/u/devices");
        _host.Link("sys/fs/btrfs/u/devices/dm-9");
        _host.Link("sys/fs/btrfs/u/devices/sdc");
        _host.Mounts("1 1 8:0 / / rw - ext4 /dev/sda rw", "7 1 0:38 /@ /var/lib rw - btrfs /dev/mapper/pool rw,subvol=/@");
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/var/lib/img\n"), ("loop/dio", "1\n"));
        Assert.Equal((32, 6), _host.Totals(("7:0", 32, 5), ("253:9", 30, 5), ("8:16", 30, 5), ("8:32", 2, 1)));
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Totals_of_a_loop_device_on_a_file_in_memory_are_added()
    {
        _host.Mounts("1 1 8:0 / / rw - ext4 /dev/sda rw", "2 1 0:7 / /run rw - tmpfs tmpfs rw");
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/run/a b (deleted)\n"), ("loop/dio", "0\n"));
        Assert.Equal((42, 5), _host.Totals(("7:0", 32, 5), ("8:0", 10, 0)));
    }

    [Fact]
    public void Totals_of_a_loop_device_on_an_unknown_disk_are_absent()
    {
        _host.Mounts("1 1 0:7 / / rw - newfs none rw");
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/a\n"), ("loop/dio", "0\n"));
        Assert.Equal((null, null), _host.Totals(("7:0", 32, 5), ("8:0", 10, 1)));
        Assert.False(_host.Sample.DeviceTotals.IsWhole);
        Assert.Equal(1, _host.Counters[AgentCounter.ReadErrors]);

        // It is looked for again after a minute, and counted once.
        _host.Pass(TimeSpan.FromSeconds(61));
        Assert.Equal((null, null), _host.Totals(("7:0", 32, 5), ("8:0", 10, 1)));
        Assert.Equal(1, _host.Counters[AgentCounter.ReadErrors]);

        // Nothing else was used, or not the loop device: then nothing can have been charged twice.
        Assert.Equal((32, 5), _host.Totals(("7:0", 32, 5), ("8:0", 0, 0)));
        Assert.Equal((10, 1), _host.Totals(("7:0", 0, 0), ("8:0", 10, 1)));

        _host.Mounts("1 1 8:0 / / rw - ext4 /dev/sda rw");
        _host.Pass(TimeSpan.FromSeconds(61));
        Assert.Equal((32, 6), _host.Totals(("7:0", 32, 5), ("8:0", 10, 6)));
        Assert.True(_host.Sample.DeviceTotals.IsWhole);
    }

    [Fact]
    public void Disk_that_stays_unknown_is_looked_for_less_and_less_often()
    {
        _host.Mounts("1 1 0:7 / / rw - newfs none rw");
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/a\n"), ("loop/dio", "0\n"));
        for (int i = 0; i <= 10; i++)
        {
            Assert.Equal((null, null), _host.Totals(("7:0", 32, 5), ("8:0", 10, 6)));
            _host.Pass(TimeSpan.FromSeconds(61));
        }

        _host.Mounts("1 1 8:0 / / rw - ext4 /dev/sda rw");
        Assert.Equal((null, null), _host.Totals(("7:0", 32, 5), ("8:0", 10, 6)));
        _host.Pass(TimeSpan.FromMinutes(8));
        Assert.Equal((32, 6), _host.Totals(("7:0", 32, 5), ("8:0", 10, 6)));
        Assert.Equal(1, _host.Counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Totals_without_the_number_of_one_device_are_absent()
    {
        var totals = new DeviceTotalsCalculator(_host.NewLayers(), learns: false);
        ContainerSample sample = new();
        sample.Devices.Add("sda"u8).Readings.Set(Reading.BlkioReadBytes, 1);
        sample.Devices[0].Readings.Set(Reading.BlkioWriteBytes, 2);
        sample.Devices.Add("sdb"u8).Readings.Set(Reading.BlkioWriteBytes, 3);
        totals.Compute(sample.Devices, isWhole: true, 1, sample.DeviceTotals);
        Assert.Equal((null, 5, false), (sample.DeviceTotals.ReadBytes, sample.DeviceTotals.WriteBytes, sample.DeviceTotals.IsWhole));
    }

    [Fact]
    public void Totals_of_cached_loop_reads_are_at_least_what_the_loop_device_read()
    {
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/img\n"), ("loop/dio", "0\n"));
        Assert.Equal((32, 0), _host.Totals(("7:0", 32, 0), ("8:0", 3, 0)));
        Assert.Equal((40, 0), _host.Totals(("7:0", 32, 0), ("8:0", 40, 0)));
    }

    [Fact]
    public void Totals_of_v1_writes_to_a_buffered_loop_device_are_not_charged_below()
    {
        using var host = new BlockFixture { IsV2 = false };
        host.Disk("sda", "8:0");
        host.Disk("loop0", "7:0", ("loop/backing_file", "/img\n"), ("loop/dio", "0\n"));
        host.Disk("loop1", "7:1", ("loop/backing_file", "/img1\n"), ("loop/dio", "1\n"));
        Assert.Equal((20, 21), host.Totals(("7:0", 16, 16), ("8:0", 20, 5)));
        Assert.Equal((20, 17), host.Totals(("7:1", 16, 16), ("8:0", 20, 17)));
    }

    [Fact]
    public void Totals_of_v1_pass_over_a_device_that_no_limit_has_woken()
    {
        using var host = new BlockFixture { IsV2 = false };
        host.Disk("sda", "8:0");
        host.Stacked("dm-0", "253:0", ["sda"], ("dm/uuid", Group + "a\n"));
        host.Stacked("dm-1", "253:1", ["dm-0"], ("dm/uuid", "CRYPT-LUKS2-a\n"));
        Assert.Equal((16, 10), host.Totals(("253:1", 16, 10), ("8:0", 16, 10)));
    }

    [Fact]
    public void Totals_follow_devices_that_are_added_below_and_keep_those_removed()
    {
        Volume("dm-0", "253:0", "", "sda");
        Assert.Equal((16, 0), _host.Totals(("253:0", 16, 0), ("8:0", 16, 0)));

        // As pvmove does: the volume now lies on another disk.
        _host.Remove("dm-0", "sda");
        Volume("dm-0", "253:0", "", "sdb");
        Assert.Equal(46, _host.Totals(("253:0", 26, 0), ("8:0", 16, 0), ("8:16", 20, 0)).Read);
        _host.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(36, _host.Totals(("253:0", 26, 0), ("8:0", 16, 0), ("8:16", 20, 0)).Read);
    }

    [Fact]
    public void Totals_of_a_number_that_means_another_device_forget_the_one_before()
    {
        Volume("dm-0", "253:0", "", "sda");
        Assert.Equal(16, _host.Totals(("253:0", 16, 0), ("8:0", 16, 0)).Read);
        _host.Remove("dm-0", "sda");
        Volume("dm-0", "253:0", "other", "sdb");
        _host.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(32, _host.Totals(("253:0", 16, 0), ("8:0", 16, 0), ("8:16", 0, 0)).Read);
    }

    [Fact]
    public void Totals_that_do_not_fit_are_absent()
    {
        Linear("dm-0", "253:0", "sda", "sdb");
        Assert.Null(_host.Totals(("253:0", 0, 0), ("8:0", long.MaxValue, 0), ("8:16", long.MaxValue, 0)).Read);
        Assert.Equal(long.MaxValue, _host.Totals(("253:0", long.MaxValue, 0), ("8:0", long.MaxValue, 0), ("8:16", 0, 0)).Read);
    }

    [Fact]
    public void Totals_of_devices_that_name_each_other_as_below_end()
    {
        _host.Disk("dm-0", "253:0");
        _host.Stacked("dm-1", "253:1", ["dm-0"]);
        _host.Stacked("dm-0", "253:0", ["dm-1", "dm-0"]);
        Assert.InRange(_host.Totals(("253:0", 5, 5), ("253:1", 7, 7)).Read!.Value, 0, 12);
    }

    [Fact]
    public void Totals_in_a_container_without_device_numbers_count_once()
    {
        Crypt("dm-1", "253:1", Linear("dm-0", "253:0", "sda"));
        _host.Partition("sda1", "8:1", "sda");
        _host.Mounts("1 1 8:1 / / rw - ext4 /dev/sda1 rw");
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/img\n"), ("loop/dio", "1\n"));
        _host.HideNumbers();
        Assert.Equal((13, 22), _host.Totals(("253:1", 9, 9), ("253:0", 9, 9), ("8:0", 13, 22), ("7:0", 4, 2)));
        Assert.Equal(["dm-1", "dm-0", "sda", "loop0"], Enumerable.Range(0, 4).Select(i => System.Text.Encoding.ASCII.GetString(_host.Sample.Devices[i].Key)));

        // The same number for another device.
        _host.Unplug("sda");
        _host.Disk("sdz", "8:0");
        Assert.Equal((5, 7), _host.Totals(("8:0", 5, 7)));
        Assert.Equal("sdz", System.Text.Encoding.ASCII.GetString(_host.Sample.Devices[0].Key));
    }

    [Fact]
    public void Totals_of_a_loop_device_with_a_new_file_count_once()
    {
        // Detached, but still in the files of cgroups that used it.
        _host.Disk("loop0", "7:0", ("diskseq", "1\n"));
        Assert.Equal((45, 5), _host.Totals(("7:0", 10, 0), ("8:0", 35, 5)));
        _host.Write("sys/devices/loop0/diskseq", "2\n");
        _host.Write("sys/devices/loop0/loop/backing_file", "/img\n");
        _host.Write("sys/devices/loop0/loop/dio", "1\n");
        Assert.Equal((35, 5), _host.Totals(("7:0", 10, 0), ("8:0", 35, 5)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Totals_of_the_same_devices_allocate_nothing(bool isHidden)
    {
        Crypt("dm-1", "253:1", Linear("dm-0", "253:0", "sda"));
        _host.Stacked("md9", "9:9", ["sdb", "sdc"], ("md/level", "raid10\n"), ("md/layout", "258\n"));
        _host.Disk("loop0", "7:0", ("loop/backing_file", "/img\n"), ("loop/dio", "1\n"));
        if (isHidden) _host.HideNumbers();
        _host.Totals(("253:1", 9, 9), ("253:0", 9, 9), ("8:0", 9, 9), ("9:9", 1, 1), ("8:16", 1, 1), ("8:32", 1, 1), ("7:0", 1, 1));
        for (int i = 0; i < 3; i++) _host.Again();
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) _host.Again();
        }));
    }

    private string Linear(string name, string number, params string[] lower)
    {
        _host.Stacked(name, number, lower, ("dm/uuid", "\n"));
        return name;
    }

    private void Crypt(string name, string number, string lower) => _host.Stacked(name, number, [lower], ("dm/uuid", $"CRYPT-LUKS2-{name}\n"));

    private void Volume(string name, string number, string suffix, params string[] lower) =>
        _host.Stacked(name, number, lower, ("dm/uuid", $"{Group}volume{suffix}\n"));
}
