using NsCollector.Linux.Cgroup;

namespace NsCollector.Tests.Linux;

/// <summary>The files are laid out as the kernel writes them; the real ones are read in the kernel tests.</summary>
public sealed class OwnMemoryCgroupTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("512", "max", 512)]
    [InlineData("512", "400", 400)]
    [InlineData("max", "400", 400)]
    [InlineData("max", "max", null)]
    public void Room_on_v2_is_what_cannot_be_reclaimed_below_the_lower_limit(string max, string high, int? limitMiB)
    {
        Unified("a/b", usage: 300, max, high, "active_file 10", "inactive_file 20", "slab_reclaimable 30", "slab_unreclaimable 40", "kernel 90");
        using OwnMemoryCgroup memory = In("a/b", isV2: true);
        Assert.Equal((300 * MiB, 90 * MiB), (memory.Charge.UsageBytes, memory.Charge.KernelBytes));
        Assert.Equal(limitMiB * MiB, memory.LimitBytes);
        Assert.Equal((limitMiB - 300 + 60) * MiB, memory.RoomBytes);
    }

    [Fact]
    public void Room_is_the_smallest_of_the_cgroup_and_those_above_it()
    {
        Unified("a/b", usage: 100, "512", "max", "active_file 0");
        Unified("a", usage: 300, "350", "max", "inactive_file 20");
        using OwnMemoryCgroup memory = In("a/b", isV2: true);
        Assert.Equal(70 * MiB, memory.RoomBytes);
        Assert.Equal(350 * MiB, memory.LimitBytes);
        Assert.Equal(100 * MiB, memory.Charge.UsageBytes);

        // The files stay open, and a changed limit is noticed.
        Unified("a", usage: 420, "350", "max", "inactive_file 20");
        memory.Refresh();
        Assert.Equal(-50 * MiB, memory.RoomBytes);
    }

    [Fact]
    public void Room_on_v1_includes_dentries_that_were_added_and_not_freed_since()
    {
        WriteCharge(70, 30);
        using OwnMemoryCgroup memory = In("c", isV2: false);
        Assert.Equal(10 * MiB, memory.RoomBytes);
        WriteCharge(78, 38);
        memory.AddReclaimable(8 * MiB);
        memory.Refresh();
        Assert.Equal(10 * MiB, memory.RoomBytes);

        // What else grows is room that is gone; what is freed was first of what was added.
        WriteCharge(80, 40);
        memory.Refresh();
        Assert.Equal(8 * MiB, memory.RoomBytes);
        WriteCharge(73, 33);
        memory.Refresh();
        Assert.Equal(8 * MiB, memory.RoomBytes);
        WriteCharge(60, 20);
        memory.Refresh();
        Assert.Equal(20 * MiB, memory.RoomBytes);

        void WriteCharge(long usageMiB, long kernelMiB)
        {
            Write("c/memory.usage_in_bytes", $"{usageMiB * MiB}\n");
            Write("c/memory.kmem.usage_in_bytes", $"{kernelMiB * MiB}\n");
            Write("c/memory.limit_in_bytes", $"{80 * MiB}\n");
            Write("c/memory.stat", "total_active_file 0\n");
        }
    }

    [Theory]
    [InlineData(9223372036854771712, null)]
    [InlineData(9223372036854710272, null)]
    [InlineData(80 * MiB, 80 * MiB)]
    public void Room_on_v1_counts_all_memory_of_the_kernel(long limit, long? expected)
    {
        Write("c/memory.usage_in_bytes", $"{70 * MiB}\n");
        Write("c/memory.kmem.usage_in_bytes", $"{30 * MiB}\n");
        Write("c/memory.limit_in_bytes", $"{limit}\n");
        Write("c/memory.stat", $"active_file 1\ntotal_active_file {4 * MiB}\ntotal_inactive_file {5 * MiB}\n");
        using OwnMemoryCgroup memory = In("c", isV2: false);
        Assert.Equal((70 * MiB, 30 * MiB), (memory.Charge.UsageBytes, memory.Charge.KernelBytes));
        Assert.Equal(expected, memory.LimitBytes);
        Assert.Equal(expected is null ? null : 19 * MiB, memory.RoomBytes);
    }

    [Fact]
    public void Root_cgroup_and_missing_files_give_no_numbers()
    {
        Write("memory.stat", "kernel 5\n");
        using (OwnMemoryCgroup root = In("", isV2: true)) Assert.Equal(default, root.Charge);
        Directory.CreateDirectory(_directory["empty"]);
        using OwnMemoryCgroup memory = In("empty", isV2: true);
        Assert.Null(memory.Charge.UsageBytes);
        Assert.Null(memory.RoomBytes);
    }

    [Fact]
    public void Refresh_allocates_nothing()
    {
        Unified("a/b", usage: 100, "512", "max", "active_file 0");
        using OwnMemoryCgroup memory = In("a/b", isV2: true);
        Assert.Equal(0, Allocated.LeastOf(memory.Refresh));
    }

    private OwnMemoryCgroup In(string cgroup, bool isV2) =>
        OwnMemoryCgroup.In(cgroup.Length == 0 ? _directory.Path : _directory[cgroup], new CgroupHierarchy(_directory.Path, "/", isV2, isV2 ? [] : ["memory"]));

    private void Unified(string cgroup, int usage, string max, string high, params string[] stat)
    {
        Write(cgroup + "/memory.current", Bytes(usage.ToString()));
        Write(cgroup + "/memory.max", Bytes(max));
        Write(cgroup + "/memory.high", Bytes(high));
        Write(cgroup + "/memory.stat", string.Concat(stat.Select(line => line.Split(' ')).Select(line => $"{line[0]} {Bytes(line[1])}")));

        static string Bytes(string number) => (number == "max" ? number : (long.Parse(number) * MiB).ToString()) + "\n";
    }

    // In place, as the kernel does it: held descriptors show the new text.
    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory[name])!);
        File.WriteAllText(_directory[name], text);
    }
}
