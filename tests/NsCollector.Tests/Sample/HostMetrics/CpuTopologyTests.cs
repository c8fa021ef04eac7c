using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Tests.Sample.HostMetrics;

public sealed class CpuTopologyTests : IDisposable
{
    private readonly TemporaryDirectory _sys = new();
    private readonly CpuTopology _topology;

    public CpuTopologyTests() => _topology = new CpuTopology(_sys.Path);

    public void Dispose() => _sys.Dispose();

    [Fact]
    public void Cores_and_sockets_are_counted_once_and_again_after_hotplug()
    {
        // Two sockets with two cores of two threads each; processor 7 is offline.
        for (int cpu = 0; cpu < 7; cpu++) Add(cpu, $"{cpu & ~1}-{cpu | 1}", $"{cpu / 4}");
        _sys.MakeDirectory("devices/system/cpu/cpu7");
        _sys.Write("devices/system/cpu/cpufreq/topology/core_cpus_list", "99\n");
        Assert.Equal((4L, 2L), Read(7));

        // Nothing is read as long as the number of processors is the same.
        Add(8, "8-9", "2");
        Assert.Equal((4L, 2L), Read(7));
        Assert.Equal((5L, 3L), Read(8));
    }

    [Fact]
    public void Old_kernels_list_siblings_and_an_unknown_socket_is_absent()
    {
        for (int cpu = 0; cpu < 2; cpu++)
        {
            _sys.Write($"devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", "0-1\n");
            _sys.Write($"devices/system/cpu/cpu{cpu}/topology/physical_package_id", "-1\n");
        }

        Assert.Equal((1L, null), Read(2));
    }

    [Fact]
    public void Sysfs_without_topology_gives_nothing()
    {
        Assert.Equal((null, null), Read(2));
        _sys.MakeDirectory("devices/system/cpu/cpu0/topology");
        Assert.Equal((null, null), Read(1));
    }

    private void Add(int cpu, string siblings, string socket)
    {
        _sys.Write($"devices/system/cpu/cpu{cpu}/topology/core_cpus_list", siblings + "\n");
        _sys.Write($"devices/system/cpu/cpu{cpu}/topology/physical_package_id", socket + "\n");
    }

    private (long? Cores, long? Sockets) Read(int processors)
    {
        var readings = ReadingSet.Of(SamplePart.HostCpu);
        readings.Set(Reading.HostCpuCount, processors);
        _topology.Set(readings);
        return (Of(Reading.HostCpuPhysicalCores), Of(Reading.HostCpuSockets));

        long? Of(Reading reading) => readings.TryGet(reading, out long value) ? value : null;
    }
}
