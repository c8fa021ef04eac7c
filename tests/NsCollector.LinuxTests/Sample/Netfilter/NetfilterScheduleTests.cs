using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Netfilter;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Netfilter;

/// <summary>When the counters of which namespace are read, and whose sample has them.</summary>
[Collection(NamespaceTests.Name)]
public sealed class NetfilterScheduleTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly NetfilterConsumer _consumer = new();
    private readonly AgentCounters _counters = new();
    private readonly List<Container> _containers = [];

    public void Dispose() => _cgroups.Dispose();

    [Fact]
    public void Container_has_counters_of_its_namespace_and_host_has_its_own()
    {
        const string Table = "nscollector_test";
        Command.RunWithInput($"table ip {Table} {{ chain c {{ counter comment \"of host\"; }}; }}", "nft", "-f", "-");
        try
        {
            Make("a");
            Make("b");
            using Sampler sampler = NewSampler(NetfilterMode.On);
            sampler.RunCycle();
            Assert.Equal(["a"], Names(1));
            Assert.Equal(["b"], Names(2));
            Assert.Contains(_consumer.Host!, total => total is { Table: Table, Name: "of host" });
            Assert.Equal(0, _counters[AgentCounter.NetfilterErrors]);
        }
        finally
        {
            Command.Run("nft", "delete", "table", "ip", Table);
        }
    }

    [Fact]
    public void Mode_host_reads_no_container()
    {
        Make("a");
        using Sampler sampler = NewSampler(NetfilterMode.Host);
        sampler.RunCycle();
        Assert.Null(_consumer.Of(1));
        Assert.NotNull(_consumer.Host);
    }

    [Fact]
    public void Mode_off_reads_nothing()
    {
        Make("a");
        using Sampler sampler = NewSampler(NetfilterMode.Off);
        sampler.RunCycle();
        Assert.Null(_consumer.Of(1));
        Assert.Null(_consumer.Host);
    }

    [Fact]
    public void Longer_interval_leaves_out_cycles()
    {
        Make("a");
        using Sampler sampler = NewSampler(NetfilterMode.On, TimeSpan.FromHours(1));
        sampler.RunCycle();
        Assert.Equal(["a"], Names(1));
        _consumer.Host = null;
        sampler.RunCycle();
        Assert.Null(_consumer.Of(1));
        Assert.Null(_consumer.Host);
    }

    [Fact]
    public void Shared_namespace_is_reported_once_and_host_namespace_not_at_all()
    {
        NamespaceProcess first = Make("shared");
        Add(NamespaceProcess.StartLaterIn(first));
        Add(NamespaceProcess.StartOnHost());
        using Sampler sampler = NewSampler(NetfilterMode.On);
        sampler.RunCycle();
        Assert.Equal(["shared"], Names(1));
        Assert.Null(_consumer.Of(2));
        Assert.Null(_consumer.Of(3));
    }

    [Fact]
    public void Rules_that_are_removed_leave_no_rows()
    {
        NamespaceProcess process = Make("a");
        using Sampler sampler = NewSampler(NetfilterMode.On);
        sampler.RunCycle();
        process.Run("nft", "flush", "ruleset");
        sampler.RunCycle();
        Assert.Empty(Names(1));
    }

    [Fact]
    public void Without_capability_it_is_off_and_says_so_once()
    {
        var logger = new CapturingLogger();
        ThreadCapabilities.Without([ThreadCapabilities.NetAdmin], () =>
        {
            using var visitor = new Net.TestVisitor();
            using NetfilterSchedule schedule = NetfilterSchedule.Create(new NsCollector.Sample.Net.NetworkNamespaces(visitor.Visitor), visitor.Visitor, Options(NetfilterMode.On, TimeSpan.Zero), new HostRoots(), _counters, logger)!;
            Assert.Null(schedule.ReadHostIfDue());
            Assert.Null(schedule.ReadHostIfDue());
        });
        Assert.Contains("CAP_NET_ADMIN", Assert.Single(logger.Entries).Message, StringComparison.Ordinal);
        Assert.Equal(0, _counters[AgentCounter.NetfilterErrors]);
    }

    private string[] Names(int key) => [.. _consumer.Of(key)!.Select(total => total.Name)];

    private NamespaceProcess Make(string comment)
    {
        NamespaceProcess process = Add(null);
        process.RunWithInput($"table ip t {{ chain c {{ counter comment \"{comment}\"; }}; }}", "nft", "-f", "-");
        return process;
    }

    private NamespaceProcess Add(NamespaceProcess? process)
    {
        int key = _containers.Count + 1;
        string path;
        if (process is null) (path, process) = _cgroups.MakeWithProcess($"c{key}");
        else path = _cgroups.MakeWithProcess($"c{key}", process);
        _containers.Add(new Container(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, $"c{key}"), path, process.Directory));
        return process;
    }

    private static SampleOptions Options(NetfilterMode mode, TimeSpan interval) =>
        new() { NamespaceRoots = [], Netfilter = new NetfilterOptions { Mode = mode, Interval = interval } };

    private Sampler NewSampler(NetfilterMode mode, TimeSpan interval = default)
    {
        _source.Publish([.. _containers]);
        return new Sampler(_source, _consumer, _cgroups.Mounts(), new HostRoots(), Options(mode, interval), _counters, NullLoggerFactory.Instance);
    }

    private sealed class NetfilterConsumer : ISampleConsumer
    {
        private readonly Dictionary<long, ReadTotal[]?> _last = [];

        internal ReadTotal[]? Host { get; set; }

        internal ReadTotal[]? Of(long key) => _last[key];

        public void BeginCycle(ContainerList containers)
        {
        }

        public void Accept(Container container, ContainerSample sample) => _last[container.Key] = sample.NetfilterRead ? ReadTotal.Of(sample.Netfilter!) : null;

        public void AcceptHost(HostSample sample)
        {
            if (sample.IsOfNetfilter) Host = ReadTotal.Of(sample.Netfilter);
        }

        public void EndCycle(in CycleReport report)
        {
        }
    }
}
