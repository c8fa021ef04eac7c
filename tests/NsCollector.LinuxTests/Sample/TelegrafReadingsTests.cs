using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Telegraf;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample;

/// <summary>What a sample has only for Telegraf's schema, and the encoder over a real cgroup.</summary>
[Collection(NamespaceTests.Name)]
public sealed class TelegrafReadingsTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();

    public void Dispose() => _cgroups.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sample_has_memory_stat_and_the_hosts_cpu_time_only_on_request(bool isWanted)
    {
        var consumer = new Kept();
        using Sampler sampler = NewSampler(consumer, isWanted);
        _source.Publish(NewContainer());
        long before = HostTicks();
        sampler.RunCycle();
        long after = HostTicks();
        ContainerSample sample = consumer.Sample!;
        Assert.True(sample.MemoryStat.IsEmpty);
        Assert.Equal(0, sample.Cores.Count);
        Assert.Equal(isWanted, !sample.MemoryStatText.IsEmpty);
        Assert.Equal(isWanted && _cgroups.Mounts().For("cpuacct") is { IsV2: false }, sample.TelegrafCores.Count > 0);
        Assert.InRange(sample.HostCpuNs, isWanted ? before * 10_000_000 : 0, isWanted ? (after + 1) * 10_000_000 : 0);
    }

    [Fact]
    public void RunCycle_steady_with_Telegrafs_schema_allocates_nothing()
    {
        var options = new TelegrafOptions { PerDevice = TelegrafKinds.Cpu | TelegrafKinds.Network | TelegrafKinds.Blkio, Host = true };
        var encoder = new TelegrafEncoder(options, new EncodeOptions { Host = "h" }, new BatchPool(256 * 1024), new Dropped(), new AgentCounters());
        using Sampler sampler = NewSampler(encoder, isWanted: true);
        _source.Publish(NewContainer());
        for (int i = 0; i < 10; i++) sampler.RunCycle();
        long least = Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 50; i++) sampler.RunCycle();
        });
        Assert.Equal(0, least);
        Assert.True(encoder.Points > 150);
    }

    private static long HostTicks() =>
        File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(7).Sum(text => long.Parse(text, CultureInfo.InvariantCulture));

    private Container NewContainer()
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("telegraf");
        return new Container(1, new ContainerIdentity(ContainerRuntime.Docker, "telegraf"), path, process.Directory);
    }

    private Sampler NewSampler(ISampleConsumer consumer, bool isWanted) =>
        new(_source, consumer, _cgroups.Mounts(), new HostRoots(), new SampleOptions { NamespaceRoots = [], Telegraf = isWanted }, new AgentCounters(), NullLoggerFactory.Instance);

    private sealed class Dropped : IBatchReceiver
    {
        public void Publish(Batch batch) => batch.Release();
    }

    private sealed class Kept : ISampleConsumer
    {
        public ContainerSample? Sample { get; private set; }

        public void BeginCycle(ContainerList containers)
        {
        }

        public void Accept(Container container, ContainerSample sample) => Sample = sample;

        public void EndCycle(in CycleReport report)
        {
        }
    }
}
