using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Parents;

/// <summary>The cgroups above containers have the kernel's figures, in each cycle of a sampler.</summary>
[Collection(NamespaceTests.Name)]
public sealed class ParentCgroupsTests : IDisposable, ISampleConsumer
{
    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly AgentCounters _counters = new();
    private readonly Dictionary<string, Dictionary<Reading, long>> _read = [];
    private readonly Sampler _sampler;
    private CycleReport _cycle;
    private bool _isSilent;
    private long _key;

    public ParentCgroupsTests() => _sampler = new Sampler(
        _source, this, CgroupMounts.Find(new HostRoots()), new HostRoots(), new SampleOptions { NamespaceRoots = [], Parents = true }, _counters, NullLoggerFactory.Instance);

    public void Dispose()
    {
        _sampler.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void Parents_have_the_figures_of_the_kernel_and_are_no_containers()
    {
        string slice = _cgroups.Make("slice");
        _source.Publish(Make("slice/pod/one"), Make("slice/pod/two"));
        var (cpu, memory, rootCpu) = (Cpu(slice), Memory(slice), Cpu(""));
        Cycle();

        Assert.Equal(["/", _cgroups.Parent, slice, slice + "/pod"], _read.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(_read[slice][Reading.CpuUsageNs], cpu, Cpu(slice));
        Assert.InRange(_read["/"][Reading.CpuUsageNs], rootCpu, Cpu(""));
        if (memory is { } before)
        {
            // Charged in batches for each CPU.
            const long Batches = 2 << 20;
            Assert.InRange(_read[slice][Reading.MemoryUsageBytes], before - Batches, Memory(slice)!.Value + Batches);
            Assert.True(_read["/"][Reading.MemoryUsageBytes] > _read[slice][Reading.MemoryUsageBytes]);
            Assert.Equal(MemTotal(), _read["/"][Reading.MemoryLimitBytes]);
            Assert.DoesNotContain(Reading.MemoryLimitBytes, _read[slice].Keys);
        }

        Assert.Equal(2, _cycle.Containers);
        Assert.Equal((0, 0, 0), (_counters[AgentCounter.ReadErrors], _counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void Parent_leaves_with_its_last_container_and_comes_back()
    {
        Container stays = Make("a/one"), goes = Make("b/two");
        string b = _cgroups.Parent + "/b";
        _source.Publish(stays, goes);
        Cycle();
        Assert.Contains(b, _read.Keys);
        _source.Publish(stays);
        Cycle();
        Assert.DoesNotContain(b, _read.Keys);
        Assert.Contains(_cgroups.Parent + "/a", _read.Keys);

        // Removed and created again while the list always has a container below it.
        Container first = new(++_key, new ContainerIdentity(ContainerRuntime.Docker, "c1"), _cgroups.Make("c/one"), null);
        _source.Publish(stays, first);
        Cycle();
        string c = _cgroups.Parent + "/c";
        Assert.Contains(c, _read.Keys);
        _cgroups.Remove(c + "/one");
        _cgroups.Remove(c);
        Container second = new(++_key, new ContainerIdentity(ContainerRuntime.Docker, "c2"), c + "/one", null);
        _source.Publish(stays, second);
        Cycle();
        Cycle();
        Assert.DoesNotContain(c, _read.Keys);
        _cgroups.Make("c/one");
        Cycle();
        Cycle();
        Assert.Contains(c, _read.Keys);
    }

    [Fact]
    public void At_most_the_stated_number_is_read_and_the_rest_is_counted()
    {
        using var sampler = new Sampler(
            _source, this, CgroupMounts.Find(new HostRoots()), new HostRoots(), new SampleOptions { NamespaceRoots = [], Parents = true, MaxParents = 3 }, _counters, NullLoggerFactory.Instance);
        _source.Publish(Make("a/b/c/d/one"));
        sampler.RunCycle();
        Assert.Equal(3, _read.Count);
        Assert.Contains("/", _read.Keys);
        Assert.Equal(3, _counters[AgentCounter.ParentsOverLimit]);
    }

    [Fact]
    public void Steady_cycle_with_parents_allocates_nothing()
    {
        _source.Publish(Make("a/one"), Make("b/two"));
        Cycle();
        _isSilent = true;
        for (int i = 0; i < 5; i++) _sampler.RunCycle();
        Assert.Equal(0, Allocated.LeastOf(() => _sampler.RunCycle()));
    }

    [Fact]
    public void Without_the_option_no_parent_is_read()
    {
        using var sampler = new Sampler(
            _source, this, CgroupMounts.Find(new HostRoots()), new HostRoots(), new SampleOptions { NamespaceRoots = [] }, _counters, NullLoggerFactory.Instance);
        _source.Publish(Make("a/one"));
        sampler.RunCycle();
        Assert.Empty(_read);
    }

    void ISampleConsumer.BeginCycle(ContainerList containers)
    {
    }

    void ISampleConsumer.Accept(Container container, ContainerSample sample) => Assert.False(container.IsParent);

    void ISampleConsumer.EndCycle(in CycleReport report) => _cycle = report;

    void ISampleConsumer.AcceptParent(Container parent, ContainerSample sample)
    {
        if (_isSilent) return;
        var readings = new Dictionary<Reading, long>();
        for (Reading reading = sample.Scalars.First; reading <= sample.Scalars.Last; reading++)
        {
            if (sample.Scalars.TryGet(reading, out long value)) readings.Add(reading, value);
        }

        _read.Add(parent.CgroupPath, readings);
    }

    private void Cycle()
    {
        _read.Clear();
        _sampler.RunCycle();
    }

    private Container Make(string name)
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess(name);
        return new Container(++_key, new ContainerIdentity(ContainerRuntime.Docker, name), path, process.Directory);
    }

    private string? FileOf(string path, string name) => _cgroups.Hierarchies.Select(mount => $"{mount}{path}/{name}").FirstOrDefault(File.Exists);

    private long Cpu(string path) => FileOf(path, "cpuacct.usage") is { } v1
        ? Number(File.ReadAllText(v1))
        : 1000 * Number(File.ReadLines(FileOf(path, "cpu.stat")!).First(line => line.StartsWith("usage_usec ", StringComparison.Ordinal))[11..]);

    private long? Memory(string path) =>
        (FileOf(path, "memory.usage_in_bytes") ?? FileOf(path, "memory.current")) is { } file ? Number(File.ReadAllText(file)) : null;

    private static long MemTotal() => 1024 * Number(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private static long Number(string text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
}
