using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Qdiscs;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample;

/// <summary>Property: queueing disciplines have the figures of tc(8) at both ends of a veth pair, and an interface the name of its host's end.</summary>
[Collection(NamespaceTests.Name)]
public sealed class QdiscTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly AgentCounters _counters = new();
    private readonly NamespaceProcess _process;
    private readonly string _host;
    private readonly List<string> _rows = [];
    private readonly Dictionary<string, string> _hostInterfaces = [];

    public QdiscTests()
    {
        (string path, _process) = _cgroups.MakeWithProcess("c1");
        _host = _process.Connect();
        _source.Publish([new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, path, "c1"), path, _process.Directory)]);
    }

    public void Dispose() => _cgroups.Dispose();

    [Fact]
    public void Figures_of_both_ends_equal_tc()
    {
        _process.Run("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb", "default", "10");
        _process.Run("tc", "class", "add", "dev", "eth0", "parent", "1:", "classid", "1:10", "htb", "rate", "8bit", "burst", "1600");
        _process.Run("tc", "qdisc", "add", "dev", "eth0", "parent", "1:10", "handle", "10:", "pfifo", "limit", "3");
        _process.Run("tc", "qdisc", "add", "dev", "eth0", "clsact");
        Command.Run("tc", "qdisc", "add", "dev", _host, "root", "tbf", "rate", "8bit", "burst", "1600", "limit", "3000");
        _process.Send(20);
        Command.Run("bash", "-c", $"for i in $(seq 20); do printf %01000d 0 > /dev/udp/10.231.{_process.Network}.2/9; done");

        using Sampler sampler = NewSampler(new QdiscOptions { Enabled = true, Interval = TimeSpan.Zero });
        string[] tc = [];
        Eventually.True(
            () =>
            {
                string[] before = Tc();
                sampler.RunCycle();
                tc = Tc();
                return before.SequenceEqual(tc);
            },
            "the counters to settle");
        Assert.Equal(tc, _rows.Order(StringComparer.Ordinal));
        Assert.Equal(4, tc.Length);

        // 20 datagrams: one that the burst lets pass or is asked for by the rate, three or two in the queue, the rest dropped.
        Assert.All(tc.Where(row => row.Contains(" pfifo ", StringComparison.Ordinal) || row.Contains(" tbf ", StringComparison.Ordinal)),
            row => Assert.InRange(long.Parse(row.Split(' ').First(word => word.StartsWith("drops=", StringComparison.Ordinal))[6..], CultureInfo.InvariantCulture), 15, 18));
        Assert.Contains(tc, row => row.StartsWith("eth0 host tbf root ", StringComparison.Ordinal));
        Assert.Contains(tc, row => row.StartsWith("eth0 container pfifo 1:10 ", StringComparison.Ordinal));
        Assert.Contains(tc, row => row.StartsWith("eth0 container clsact ingress ", StringComparison.Ordinal));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Interface_without_queue_has_no_row()
    {
        using Sampler sampler = NewSampler(new QdiscOptions { Enabled = true, Interval = TimeSpan.Zero });
        sampler.RunCycle();
        Assert.Contains("noqueue", _process.Run("tc", "qdisc", "show", "dev", "eth0"), StringComparison.Ordinal);
        Assert.Empty(_rows);
    }

    [Fact]
    public void Off_and_longer_interval_leave_out_rows()
    {
        _process.Run("tc", "qdisc", "add", "dev", "eth0", "root", "pfifo");
        using (Sampler off = NewSampler(new QdiscOptions())) off.RunCycle();
        Assert.Empty(_rows);
        using Sampler sampler = NewSampler(new QdiscOptions { Enabled = true, Interval = TimeSpan.FromHours(1) });
        sampler.RunCycle();
        Assert.StartsWith("eth0 container pfifo root bytes=0 packets=0 ", Assert.Single(_rows), StringComparison.Ordinal);
        sampler.RunCycle();
        Assert.Empty(_rows);
    }

    [Fact]
    public void More_than_the_limit_are_counted_and_left_out()
    {
        _process.Run("tc", "qdisc", "add", "dev", "eth0", "root", "pfifo");
        _process.Run("tc", "qdisc", "add", "dev", "eth0", "clsact");
        Command.Run("tc", "qdisc", "add", "dev", _host, "root", "pfifo");
        using Sampler sampler = NewSampler(new QdiscOptions { Enabled = true, Interval = TimeSpan.Zero, MaxQdiscs = 2 });
        sampler.RunCycle();
        Assert.Equal(2, _rows.Count);
        Assert.Equal(1, _counters[AgentCounter.QdiscsOverLimit]);
    }

    /// <summary>Without queueing disciplines: the name comes from the search for the final counters.</summary>
    [Fact]
    public void Interface_has_name_of_its_end_on_the_host_only()
    {
        string inner = _process.Mark();
        using Sampler sampler = NewSampler(new QdiscOptions());
        for (int i = 0; i < 3; i++)
        {
            sampler.RunCycle();
            Assert.Equal(_host, _hostInterfaces["eth0"]);
            Assert.Equal("", _hostInterfaces[inner]);
            Assert.Equal("", _hostInterfaces["p" + inner]);
        }
    }

    private Sampler NewSampler(QdiscOptions options)
    {
        var consumer = new RecordingConsumer { OnSample = Record };
        return new Sampler(
            _source, consumer, _cgroups.Mounts(), new HostRoots(), new SampleOptions { NamespaceRoots = [], Qdiscs = options }, _counters, NullLoggerFactory.Instance);
    }

    private void Record(ContainerSample sample)
    {
        _rows.Clear();
        for (int i = 0; i < sample.Qdiscs.Count; i++)
        {
            Row row = sample.Qdiscs[i];
            ReadingSet r = row.Readings;
            _rows.Add(RowOf(Encoding.UTF8.GetString(row.Key), Encoding.UTF8.GetString(row.MoreKey(0)), Encoding.UTF8.GetString(row.MoreKey(1)), Encoding.UTF8.GetString(row.MoreKey(2)),
                r[Reading.QdiscBytes], r[Reading.QdiscPackets], r[Reading.QdiscDrops], r[Reading.QdiscOverlimits], r[Reading.QdiscRequeues], r[Reading.QdiscBacklogBytes], r[Reading.QdiscQueueLength]));
        }

        for (int i = 0; i < sample.Interfaces.Count; i++) _hostInterfaces[Encoding.UTF8.GetString(sample.Interfaces[i].Key)] = Encoding.UTF8.GetString(sample.Interfaces[i].Text(0));
    }

    private string[] Tc() =>
    [
        .. Parse(_process.Run("tc", "-s", "-j", "qdisc", "show", "dev", "eth0"), "container")
            .Concat(Parse(Command.Run("tc", "-s", "-j", "qdisc", "show", "dev", _host), "host")).Order(StringComparer.Ordinal),
    ];

    private static List<string> Parse(string json, string side)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var rows = new List<string>();
        foreach (JsonElement qdisc in document.RootElement.EnumerateArray())
        {
            string kind = qdisc.GetProperty("kind").GetString()!;
            string parent = qdisc.TryGetProperty("root", out _) ? "root" : qdisc.GetProperty("parent").GetString()!;
            if (kind == "noqueue") continue;
            rows.Add(RowOf("eth0", side, kind, parent == "ffff:fff1" ? "ingress" : parent, Number("bytes"), Number("packets"), Number("drops"), Number("overlimits"), Number("requeues"), Number("backlog"), Number("qlen")));

            long Number(string name) => qdisc.GetProperty(name).GetInt64();
        }

        return rows;
    }

    private static string RowOf(string name, string side, string kind, string parent, long bytes, long packets, long drops, long overlimits, long requeues, long backlog, long length) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} {side} {kind} {parent} bytes={bytes} packets={packets} drops={drops} overlimits={overlimits} requeues={requeues} backlog={backlog} length={length}");
}
