using NsCollector.Sample.Hardware;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Hardware;

public sealed class HardwareReaderTests : IDisposable
{
    private readonly CgroupFixture _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Machine_with_caches_is_read_as_cAdvisor_shows_it()
    {
        _host.Write("proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu MHz\t\t: 2596.096\n");
        _host.Write("proc/meminfo", "MemTotal:       24683620 kB\nMemFree:         1204 kB\nSwapTotal:             0 kB\n");
        _host.Write("proc/sys/kernel/osrelease", "6.18.44\n");
        _host.Write("proc/1/root/etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        _host.Write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
        Disk("vda", "254:0", 536_870_912, "[mq-deadline] none");
        Disk("loop0", "7:0", 1, "none");
        Interface("eth0", "02:fc:00:00:00:01", "-1", 1400);
        Interface("veth12", "02:fc:00:00:00:02", "10000", 1500);
        _host.Write("sys/devices/system/node/online", "0\n");
        _host.Write("sys/devices/system/node/node0/cpulist", "0-1\n");
        _host.Write("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:        8218836 kB\nNode 0 MemFree: 1 kB\n");
        _host.Write("sys/devices/system/node/node0/distance", "10\n");
        for (int thread = 0; thread < 2; thread++)
        {
            string cpu = $"sys/devices/system/cpu/cpu{thread}";
            _host.Write(cpu + "/topology/physical_package_id", "0\n");
            _host.Write(cpu + "/topology/core_id", $"{thread}\n");
            Cache(cpu, 0, thread, "48K", "Data", 1, $"{thread}");
            Cache(cpu, 1, 0, "32768K", "Unified", 3, "0-1");
        }

        MachineHardware machine = new HardwareReader(_host.Roots).Read();

        Assert.Equal(("AuthenticAMD", 2_596_096L, "6.18.44", "Debian GNU/Linux 12 (bookworm)"), (machine.Vendor, machine.FrequencyKhz, machine.KernelRelease, machine.OperatingSystem));
        Assert.Equal((25_276_026_880L, 0L), (machine.MemoryBytes, machine.SwapBytes));
        Assert.Equal([new HugePagePool(2048, 3)], machine.HugePages.ToArray());
        Assert.Equal([new HardwareDisk("vda", 254, 0, 274_877_906_944, "mq-deadline")], machine.Disks.ToArray());
        Assert.Equal([new HardwareInterface("eth0", "02:fc:00:00:00:01", -1, 1400)], machine.Interfaces.ToArray());
        HardwareNode node = Assert.Single(machine.Nodes);
        Assert.Equal((8_416_088_064L, 2), (node.MemoryBytes, node.Cores.Length));
        Assert.Equal([10L], node.Distances.ToArray());
        Assert.Equal([new HardwareCache(0, 33_554_432, "Unified", 3)], node.Caches.ToArray());
        Assert.Equal([new HardwareCache(1, 49_152, "Data", 1)], node.Cores[1].Caches.ToArray());
        Assert.Equal([1], node.Cores[1].Threads.ToArray());
        Assert.Empty(node.Cores[1].SharedCaches);
    }

    [Fact]
    public void Machine_without_anything_to_read_is_empty()
    {
        MachineHardware machine = new HardwareReader(new NsCollector.Linux.HostRoots("/nonexistent", null, "/nonexistent", "/nonexistent")).Read();
        Assert.Null(machine.Vendor);
        Assert.Empty(machine.Disks);
        Assert.Empty(Assert.Single(machine.Nodes).Cores);
    }

    [Theory]
    [InlineData("0-3,8", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("", new int[0])]
    [InlineData("x,5,1-y", new[] { 5 })]
    [InlineData("0-999999999", new[] { 0, 1, 2, 3, 4, 5 })]
    public void List_of_the_kernel_is_parsed(string text, int[] numbers) => Assert.Equal(numbers, SmallFile.List(text, 6));

    private void Disk(string name, string number, long sectors, string scheduler)
    {
        _host.Write($"sys/block/{name}/dev", number + "\n");
        _host.Write($"sys/block/{name}/size", $"{sectors}\n");
        _host.Write($"sys/block/{name}/queue/scheduler", scheduler + "\n");
    }

    private void Interface(string name, string address, string speed, int mtu)
    {
        _host.Write($"sys/class/net/{name}/address", address + "\n");
        _host.Write($"sys/class/net/{name}/speed", speed + "\n");
        _host.Write($"sys/class/net/{name}/mtu", $"{mtu}\n");
    }

    private void Cache(string cpu, int index, int id, string size, string type, int level, string users)
    {
        string directory = $"{cpu}/cache/index{index}";
        _host.Write(directory + "/id", $"{id}\n");
        _host.Write(directory + "/size", size + "\n");
        _host.Write(directory + "/type", type + "\n");
        _host.Write(directory + "/level", $"{level}\n");
        _host.Write(directory + "/shared_cpu_list", users + "\n");
    }
}
