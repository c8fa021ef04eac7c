using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Connections;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample;

/// <summary>When the sockets of which container are counted.</summary>
[Collection(NamespaceTests.Name)]
public sealed class ConnectionScheduleTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly RecordingConsumer _consumer = new();
    private readonly AgentCounters _counters = new();
    private readonly List<Container> _containers = [];

    public void Dispose() => _cgroups.Dispose();

    [Fact]
    public void Listeners_mode_has_figures_of_listeners_only()
    {
        Make();
        using Sampler sampler = NewSampler(new ConnectionOptions { Mode = ConnectionsMode.Listeners });
        sampler.RunCycle();
        RecordingConsumer.Entry sample = _consumer.Last("sample", 1);
        Assert.Equal(0, sample.Readings[Reading.ConnectionsListen]);
        Assert.True(sample.Readings.ContainsKey(Reading.ConnectionsListenAgeNs));
        Assert.False(sample.Readings.ContainsKey(Reading.ConnectionsEstablished));
    }

    [Fact]
    public void Mode_off_has_none()
    {
        Make();
        using Sampler sampler = NewSampler(new ConnectionOptions { Mode = ConnectionsMode.Off });
        sampler.RunCycle();
        Assert.False(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.ConnectionsListen));
    }

    [Fact]
    public void Longer_interval_leaves_out_cycles()
    {
        Make();
        using Sampler sampler = NewSampler(new ConnectionOptions { Mode = ConnectionsMode.On, Interval = TimeSpan.FromHours(1) });
        sampler.RunCycle();
        Assert.True(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.ConnectionsEstablished));
        sampler.RunCycle();
        Assert.False(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.ConnectionsListen));
    }

    /// <summary>The budget allows ten dumps at first and then about one a second; each container is dumped once before any is again.</summary>
    [Fact]
    public void Budget_dumps_containers_first_whose_last_dump_is_longest_ago()
    {
        const int Containers = 12;
        const long OtherDumpNs = 150_000_000;
        for (int i = 0; i < Containers; i++) Make();
        using Sampler sampler = NewSampler(new ConnectionOptions { Mode = ConnectionsMode.On, Interval = TimeSpan.Zero, CpuPercent = 0.1 });
        var dumpedNs = new Dictionary<long, long>();
        Eventually.True(
            () =>
            {
                sampler.RunCycle();
                bool isFirst = dumpedNs.Count == 0, isAgain = false;
                for (int key = 1; key <= Containers; key++)
                {
                    RecordingConsumer.Entry sample = _consumer.Last("sample", key);
                    Assert.True(sample.Readings.ContainsKey(Reading.ConnectionsListen));
                    if (!sample.Readings.TryGetValue(Reading.ConnectionsAgeNs, out long ageNs)) continue;
                    long fullNs = sample.MonotonicNs - ageNs;
                    isAgain |= dumpedNs.TryGetValue(key, out long lastNs) && fullNs - lastNs > OtherDumpNs;
                    dumpedNs[key] = fullNs;
                }

                if (isFirst) Assert.InRange(dumpedNs.Count, 1, Containers - 1);
                Assert.False(isAgain && dumpedNs.Count < Containers, "A container was dumped again before another one was dumped at all.");
                Thread.Sleep(300);
                return dumpedNs.Count == Containers;
            },
            "each container to be dumped");
        Assert.Equal(0, _counters[AgentCounter.ConnectionErrors]);
    }

    [Fact]
    public void Container_in_host_namespace_has_sockets_of_its_cgroup()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        AddInHostNamespace(listener, "host");
        Make();
        using Sampler sampler = NewSampler(new ConnectionOptions { Mode = ConnectionsMode.On });
        sampler.RunCycle();

        IReadOnlyDictionary<Reading, long> readings = _consumer.Last("sample", 1).Readings;
        Assert.Equal((1L, 0L), (readings[Reading.ConnectionsEstablished], readings[Reading.ConnectionsListen]));
        Assert.DoesNotContain(readings.Keys, key => key is Reading.ConnectionsTimeWait or Reading.ConnectionsSynRecv or Reading.ConnectionsFinWait2 or Reading.ConnectionsIpv6FinWait2);
        Assert.True(readings[Reading.ConnectionsRttMinUs] > 0);
        Assert.Equal(0, _consumer.Last("sample", 2).Readings[Reading.ConnectionsEstablished]);
    }

    /// <summary>As crun does with the systemd driver. The cgroup of the second process is created after the first reading.</summary>
    [Fact]
    public void Sockets_of_cgroups_below_that_of_container_are_its()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string port = AddInHostNamespace(listener, "host/container");
        using Sampler sampler = NewSampler(new ConnectionOptions { Mode = ConnectionsMode.On, Interval = TimeSpan.Zero, CpuPercent = 100 });
        sampler.RunCycle();
        Assert.Equal(1, _consumer.Last("sample", 1).Readings[Reading.ConnectionsEstablished]);

        Connect("host/container/later", port);
        sampler.RunCycle();
        Assert.Equal(2, _consumer.Last("sample", 1).Readings[Reading.ConnectionsEstablished]);
    }

    /// <summary>Its turn does not depend on what the budget has left in the cycle in which it is due.</summary>
    [Fact]
    public void Full_dump_that_budget_does_not_allow_is_made_in_a_later_cycle()
    {
        const int Containers = 12;
        for (int i = 0; i < Containers; i++) Make();
        using Sampler sampler = NewSampler(new ConnectionOptions { Mode = ConnectionsMode.On, Interval = TimeSpan.FromHours(1), CpuPercent = 0.1 });
        sampler.RunCycle();
        var dumped = new HashSet<int>();
        Eventually.True(
            () =>
            {
                for (int key = 1; key <= Containers; key++)
                {
                    if (_consumer.Last("sample", key).Readings.ContainsKey(Reading.ConnectionsAgeNs)) Assert.True(dumped.Add(key), "It was dumped again within its interval.");
                }

                sampler.RunCycle();
                Thread.Sleep(300);
                return dumped.Count == Containers;
            },
            "each container to be dumped");
    }

    // A container of the host's network namespace whose first process is in this cgroup and is connected to the listener.
    private string AddInHostNamespace(TcpListener listener, string cgroup)
    {
        string port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture), path = _cgroups.Parent + "/host";
        _containers.Add(new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, path, "c1"), path, Connect(cgroup, port)));
        return port;
    }

    private ProcessDirectory Connect(string cgroup, string port)
    {
        NamespaceProcess process = NamespaceProcess.StartWithInput("bash", "-c", $"read; exec 3<>/dev/tcp/127.0.0.1/{port}; exec sleep infinity");
        _cgroups.MakeWithProcess(cgroup, process);
        process.Continue();
        process.WaitForSleep();
        return process.Directory;
    }

    private void Make()
    {
        int key = _containers.Count + 1;
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess($"c{key}");
        _containers.Add(new Container(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, $"c{key}"), path, process.Directory));
    }

    private Sampler NewSampler(ConnectionOptions options)
    {
        _source.Publish([.. _containers]);
        return new Sampler(
            _source, _consumer, _cgroups.Mounts(), new HostRoots(), new SampleOptions { NamespaceRoots = [], Connections = options }, _counters, NullLoggerFactory.Instance);
    }
}
