using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Threads;

/// <summary>Cycles over several groups of containers, on several threads or in parts.</summary>
[Collection(NamespaceTests.Name)]
public sealed class SeveralThreadsTests : IDisposable
{
    // Several groups, the last of them not full.
    private const int Count = 150;

    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly RecordingConsumer _consumer = new();
    private readonly AgentCounters _counters = new();
    private readonly CgroupMounts _mounts;
    private readonly List<NamespaceProcess> _processes = [];
    private readonly Container[] _containers;
    private Sampler? _sampler;

    public SeveralThreadsTests()
    {
        _mounts = _cgroups.Mounts();
        _containers = [.. Enumerable.Range(1, Count).Select(Make)];
        _source.Publish(_containers);
    }

    public void Dispose()
    {
        _sampler?.Dispose();
        _cgroups.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void RunCycle_reads_each_container_once_and_in_order(int threads)
    {
        Start(threads);
        for (int cycle = 0; cycle < 20; cycle++)
        {
            CycleReport report = _sampler!.RunCycle();
            Assert.Equal((Count, _processes.Count, threads, 0), (report.Containers, report.NetworkNamespaces, report.Threads, report.NamespaceDescriptors));
            Assert.Equal(["cycle", .. _containers.Select(container => $"sample {container.Key}"), "done"], _consumer.DequeueAll());
        }

        Assert.Equal((0, 0, 0), (_counters[AgentCounter.ReadErrors], _counters[AgentCounter.SetnsErrors], _counters[AgentCounter.ContainersVanished]));
    }

    [Fact]
    public void RunCycle_on_threads_gives_the_kernels_numbers()
    {
        Start(threads: 3);
        _sampler!.RunCycle();
        foreach (NamespaceProcess process in _processes) process.Send(3);
        foreach (NamespaceProcess process in _processes) process.Settled("eth0");
        _consumer.DequeueAll();
        _sampler.RunCycle();
        for (int i = 0; i < _processes.Count; i++)
        {
            Container container = _containers.Where(c => c.Init is not null).ElementAt(i);
            IReadOnlyDictionary<Reading, long> readings = _consumer.Last("sample", container.Key).Readings;
            Assert.Equal(_processes[i].Settled("eth0"), (readings[Reading.NetworkRxBytes], readings[Reading.NetworkTxBytes]));
            Assert.Equal(_processes[i].Pid, readings[Reading.InfoPid]);
            Assert.Equal(1, readings[Reading.PidsCurrent]);
        }
    }

    [Fact]
    public void Threads_beside_the_sampling_thread_read_and_end_with_it()
    {
        Start(threads: 3);
        long cyclesNs = 0, ownNs = 0;

        // The machine may give the other threads little time at first.
        Eventually.True(
            () =>
            {
                long beganNs = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
                cyclesNs += _sampler!.RunCycle().CycleCpuNs;
                ownNs += Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - beganNs;
                return cyclesNs > 1.5 * ownNs;
            },
            "a third of the work on the other threads");
        Assert.Equal(2, Readers().Length);
        string home = File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name;
        Assert.All(Readers(), task => Assert.Equal(home, File.ResolveLinkTarget($"{task}/ns/net", false)!.Name));
        _sampler!.Dispose();
        Eventually.True(() => Readers().Length == 0, "the threads to end");
        _sampler = null;
    }

    [Fact]
    public void RunCycle_steady_on_threads_allocates_nothing()
    {
        var options = new SampleOptions { NamespaceRoots = [], Host = new() { Enabled = false }, Threads = 3 };
        using var sampler = new Sampler(_source, new SilentConsumer(), _mounts, new HostRoots(), options, _counters, NullLoggerFactory.Instance);
        for (int i = 0; i < 20; i++) sampler.RunCycle();
        long least = long.MaxValue;

        // On a busy machine the test platform allocates in many rounds; one object in each cycle would be in every round.
        for (int round = 0; round < 30 && least > 400; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 20; i++) sampler.RunCycle();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        // Of all threads, so those of the test platform are included.
        Assert.InRange(least, 0, 400);
    }

    [Fact]
    public void Cgroup_removed_is_counted_once_on_threads()
    {
        Start(threads: 3);
        _sampler!.RunCycle();
        Container[] gone = [.. _containers.Where(container => container.Init is null).Take(40)];
        foreach (Container container in gone) _cgroups.Remove(container.CgroupPath);
        _consumer.DequeueAll();
        for (int i = 0; i < 3; i++) Assert.Equal(Count - 40, _sampler.RunCycle().Containers);
        Assert.Equal(40, _counters[AgentCounter.ContainersVanished]);
        Assert.DoesNotContain(_consumer.DequeueAll(), entry => gone.Any(container => entry == $"sample {container.Key}"));
    }

    [Fact]
    public void FinishBy_begins_no_other_group()
    {
        Start(threads: 3);
        _sampler!.RunCycle();
        _sampler.FinishBy(SystemClock.MonotonicNs());
        _consumer.DequeueAll();
        Assert.Equal(0, _sampler.RunCycle().Containers);
        Assert.Equal(["cycle", "done"], _consumer.DequeueAll());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RunPart_reads_each_container_once_though_the_list_changes(int threads)
    {
        Start(threads, spread: true);
        Assert.Equal(1, _sampler!.Parts());
        _sampler.RunCycle();
        int parts = _sampler.Parts();
        Assert.Equal((Count + 31) / 32, parts);

        _consumer.DequeueAll();
        Container[] left = [.. _containers.Where((_, i) => i % 7 != 3)];
        Assert.Null(_sampler.RunPart(0, parts));
        _source.Publish(left);
        for (int part = 1; part < parts - 1; part++) Assert.Null(_sampler.RunPart(part, parts));
        CycleReport report = _sampler.RunPart(parts - 1, parts)!.Value;
        string[] entries = _consumer.DequeueAll();
        Assert.All(left, container => Assert.Single(entries, $"sample {container.Key}"));
        Assert.Equal(report.Containers, entries.Count(entry => entry.StartsWith("sample", StringComparison.Ordinal)));
        Assert.Equal(("cycle", "done"), (entries[0], entries[^1]));
        Assert.Equal(parts - 1, entries.Count(entry => entry == "births"));
        Assert.Single(entries, "done");
    }

    private static string[] Readers() =>
        [.. Directory.GetDirectories("/proc/self/task").Where(task => NameOf(task).StartsWith("sampling ", StringComparison.Ordinal))];

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText($"{task}/comm");
        }
        catch (IOException)
        {
            // It has ended.
            return "";
        }
    }

    private void Start(int threads, bool spread = false)
    {
        var options = new SampleOptions { NamespaceRoots = [], Host = new() { Enabled = false }, Threads = threads, Spread = spread };
        _sampler = new Sampler(_source, _consumer, _mounts, new HostRoots(), options, _counters, NullLoggerFactory.Instance);
    }

    private Container Make(int key)
    {
        // A process costs more than its cgroups: only some containers have one.
        NamespaceProcess? process = null;
        string path;
        if (key % 25 == 0)
        {
            (path, process) = _cgroups.MakeWithProcess($"c{key}");
            process.Connect();
            _processes.Add(process);
        }
        else
        {
            path = _cgroups.Make($"c{key}");
        }

        return new Container(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, $"c{key}"), path, process?.Directory);
    }
}
