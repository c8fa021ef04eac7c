using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.HostMetrics;

/// <summary>Counts of containers by state: of a census, and of real cgroups.</summary>
[Collection(NamespaceTests.Name)]
public sealed class ContainerStateTests : IDisposable
{
    private static readonly int Runtimes = Enum.GetValues<ContainerRuntime>().Length;

    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly Consumer _consumer = new();
    private readonly Sampler _sampler;
    private readonly List<Container> _containers = [];

    public ContainerStateTests() => _sampler = new Sampler(
        _source, _consumer, _cgroups.Mounts(), new HostRoots(), new SampleOptions { Network = NetworkMode.Off, LimitsInterval = TimeSpan.Zero, Host = new HostOptions { Enabled = false } },
        new AgentCounters(), NullLoggerFactory.Instance);

    public void Dispose()
    {
        _sampler.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void Containers_without_state_files_are_counted_by_their_cgroups()
    {
        Make(ContainerRuntime.Containerd, "running");
        string frozen = Make(ContainerRuntime.Containerd, "frozen");
        MakeEmpty(ContainerRuntime.Cgroup, "empty");
        Freeze(frozen, "FROZEN");
        try
        {
            Assert.Equal("cgroup: running 0, paused 0, empty 1; containerd: running 1, paused 1, empty 0", Counted(new([], [], new HashSet<string>(), Excluded())));

            // Only after the next census.
            _sampler.RunCycle();
            Assert.Null(_consumer.Dequeue());
        }
        finally
        {
            Freeze(frozen, "THAWED");
        }

        // One that was known once is written although there is none.
        _containers.RemoveAll(container => container.CgroupPath == frozen);
        _source.Publish([.. _containers]);
        Assert.Equal("cgroup: running 0, paused 0, empty 1; containerd: running 1, paused 0, empty 0", Counted(new([], [], new HashSet<string>(), Excluded())));
    }

    [Fact]
    public void Census_tells_of_stopped_containers_and_all_of_dockers()
    {
        Make(ContainerRuntime.Docker, "known");
        Make(ContainerRuntime.Docker, "inner");
        Make(ContainerRuntime.Lxc, "web");
        MakeEmpty(ContainerRuntime.Lxc, "ending");
        ContainerCensus census = new(
            [new(ContainerRuntime.Docker, RunState.Running, 4), new(ContainerRuntime.Docker, RunState.Exited, 7), new(ContainerRuntime.Lxc, RunState.Stopped, 3)],
            [ContainerRuntime.Docker],
            new HashSet<string> { "known" },
            Excluded((ContainerRuntime.Docker, 5), (ContainerRuntime.Lxc, 2)));
        Assert.Equal("docker: running 5, paused 0, exited 7; lxc: running 3, paused 0, stopped 3", Counted(census));
    }

    private static ImmutableArray<int> Excluded(params (ContainerRuntime Runtime, int Count)[] counts)
    {
        int[] excluded = new int[Runtimes];
        foreach ((ContainerRuntime runtime, int count) in counts) excluded[(int)runtime] = count;
        return [.. excluded];
    }

    private string Make(ContainerRuntime runtime, string id)
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess(id);
        Add(runtime, id, path, process.Directory);
        return path;
    }

    private void MakeEmpty(ContainerRuntime runtime, string id) => Add(runtime, id, _cgroups.Make(id), null);

    private void Add(ContainerRuntime runtime, string id, string path, ProcessDirectory? init)
    {
        _containers.Add(new Container(_containers.Count + 1, new ContainerIdentity(runtime, id, id), path, init));
        _source.Publish([.. _containers]);
    }

    private void Freeze(string path, string state)
    {
        string directory = _cgroups.Hierarchies.First(hierarchy => File.Exists(hierarchy + path + "/freezer.state")) + path;
        File.WriteAllText(directory + "/freezer.state", state);
        Eventually.True(() => File.ReadAllText(directory + "/freezer.state").Trim() == state, state);
    }

    private string? Counted(ContainerCensus census)
    {
        _source.Census = census;
        _sampler.RunCycle();
        return _consumer.Dequeue();
    }

    private sealed class Consumer : ISampleConsumer
    {
        private string? _states;

        internal string? Dequeue()
        {
            string? states = _states;
            _states = null;
            return states;
        }

        public void BeginCycle(ContainerList containers)
        {
        }

        public void Accept(Container container, ContainerSample sample)
        {
        }

        public void EndCycle(in CycleReport report)
        {
        }

        public void AcceptHost(HostSample sample)
        {
            RowTable rows = sample.ContainerStates;
            var counts = Enumerable.Range(0, rows.Count).Select(i => (
                Runtime: Encoding.ASCII.GetString(rows[i].Key), State: Encoding.ASCII.GetString(rows[i].MoreKey(0)), Containers: rows[i].Readings[Reading.StateContainers]));
            _states = string.Join("; ", counts.GroupBy(row => row.Runtime).Select(runtime => $"{runtime.Key}: {string.Join(", ", runtime.Select(row => $"{row.State} {row.Containers}"))}"));
        }
    }
}
