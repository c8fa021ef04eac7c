using System.Text;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Encode.Selection;
using NsCollector.Sample.Hardware;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>The machine's hardware on the page, compared with cAdvisor's page of the same machine, whose labels are sorted by name.</summary>
public sealed class MachineSeriesTests : IDisposable
{
    private const string Machine = "boot_id=\"b\",machine_id=\"m\",system_uuid=\"s\"";

    private static readonly string[] OfCadvisor =
    [
        "machine_cpu_cache_capacity_bytes{boot_id=\"b\",core_id=\"\",level=\"3\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",type=\"Unified\"} 3.3554432e+07",
        "machine_cpu_cache_capacity_bytes{boot_id=\"b\",core_id=\"0\",level=\"1\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",type=\"Data\"} 49152",
        "machine_cpu_cache_capacity_bytes{boot_id=\"b\",core_id=\"0\",level=\"1\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",type=\"Instruction\"} 32768",
        "machine_cpu_cache_capacity_bytes{boot_id=\"b\",core_id=\"0\",level=\"2\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",type=\"Unified\"} 1.048576e+06",
        "machine_cpu_cache_capacity_bytes{boot_id=\"b\",core_id=\"1\",level=\"1\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",type=\"Data\"} 49152",
        "machine_cpu_cache_capacity_bytes{boot_id=\"b\",core_id=\"1\",level=\"1\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",type=\"Instruction\"} 32768",
        "machine_cpu_cache_capacity_bytes{boot_id=\"b\",core_id=\"1\",level=\"2\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",type=\"Unified\"} 1.048576e+06",
        "machine_cpu_cores{boot_id=\"b\",machine_id=\"m\",system_uuid=\"s\"} 2",
        "machine_cpu_physical_cores{boot_id=\"b\",machine_id=\"m\",system_uuid=\"s\"} 2",
        "machine_cpu_sockets{boot_id=\"b\",machine_id=\"m\",system_uuid=\"s\"} 1",
        "machine_memory_bytes{boot_id=\"b\",machine_id=\"m\",system_uuid=\"s\"} 2.5276510208e+10",
        "machine_node_distance{boot_id=\"b\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",target_node_id=\"0\"} 10",
        "machine_node_hugepages_count{boot_id=\"b\",machine_id=\"m\",node_id=\"0\",page_size=\"1048576\",system_uuid=\"s\"} 0",
        "machine_node_hugepages_count{boot_id=\"b\",machine_id=\"m\",node_id=\"0\",page_size=\"2048\",system_uuid=\"s\"} 0",
        "machine_node_memory_capacity_bytes{boot_id=\"b\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\"} 8.416088064e+09",
        "machine_scrape_error 0",
        "machine_swap_bytes{boot_id=\"b\",machine_id=\"m\",system_uuid=\"s\"} 0",
        "machine_thread_siblings_count{boot_id=\"b\",core_id=\"0\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",thread_id=\"0\"} 1",
        "machine_thread_siblings_count{boot_id=\"b\",core_id=\"1\",machine_id=\"m\",node_id=\"0\",system_uuid=\"s\",thread_id=\"1\"} 1",
    ];

    private static readonly PageOptions Options = new() { MachineLabels = SeriesLabels.OfMachine("b", "m", "s") };

    private readonly CgroupFixture _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Machine_whose_host_is_not_sampled_has_all_series_of_cAdvisor()
    {
        _host.Write("proc/meminfo", "MemTotal:       24684092 kB\nSwapTotal:             0 kB\n");
        const string Node = "sys/devices/system/node/node0";
        _host.Write("sys/devices/system/node/online", "0\n");
        _host.Write(Node + "/cpulist", "0-1\n");
        _host.Write(Node + "/meminfo", "Node 0 MemTotal:        8218836 kB\n");
        _host.Write(Node + "/distance", "10\n");
        _host.Write(Node + "/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
        _host.Write(Node + "/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
        for (int thread = 0; thread < 2; thread++)
        {
            string cpu = $"sys/devices/system/cpu/cpu{thread}";
            _host.Write(cpu + "/topology/physical_package_id", "0\n");
            _host.Write(cpu + "/topology/core_id", $"{thread}\n");
            string own = $"{thread}";
            foreach ((int index, string size, string type, int level, string users) in
                ((int, string, string, int, string)[])[(0, "48K", "Data", 1, own), (1, "32K", "Instruction", 1, own), (2, "1024K", "Unified", 2, own), (3, "32768K", "Unified", 3, "0-1")])
            {
                string directory = $"{cpu}/cache/index{index}";
                _host.Write(directory + "/size", size + "\n");
                _host.Write(directory + "/type", type + "\n");
                _host.Write(directory + "/level", $"{level}\n");
                _host.Write(directory + "/shared_cpu_list", users + "\n");
            }
        }

        string[] shown = Lines(PageForm.Complete(Options), new HardwareReader(_host.Roots).Read(), PageFormat.Text);

        string[] expected = [.. OfCadvisor.Select(Normalise).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, shown.Where(line => line.StartsWith("machine_", StringComparison.Ordinal)).Select(Normalise).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Large_machine_comes_in_pieces_and_no_series_twice()
    {
        // A node with two sockets whose cores have the same numbers.
        HardwareCore[] cores = [.. Enumerable.Range(0, 1024).Select(i => new HardwareCore(i % 512, i / 512, [i, i + 1024], [new HardwareCache(i, 32_768, "Data", 1)], [new HardwareCache(i / 8, 1 << 20, "Unified", 3)]))];
        var machine = new MachineHardware { Nodes = [new HardwareNode(0, 1, [], [.. cores], [], [10, 21]), new HardwareNode(2, null, [], [], [], [21, 10])] };
        foreach (PageFormat format in (PageFormat[])[PageFormat.Text, PageFormat.OpenMetrics])
        {
            string[] lines = Lines(PageForm.Complete(Options), machine, format);
            string[] series = [.. lines.Where(line => line.StartsWith("machine_", StringComparison.Ordinal)).Select(line => line.Split(' ')[0])];
            Assert.Equal(series.Length, series.Distinct().Count());
            Assert.Equal(1024, series.Count(one => one.StartsWith("machine_cpu_cache_capacity_bytes", StringComparison.Ordinal)));
            Assert.Equal(2048, series.Count(one => one.StartsWith("machine_thread_siblings_count", StringComparison.Ordinal)));
            Assert.Single(lines, line => line == "# TYPE machine_thread_siblings_count gauge");
            Assert.Contains($"machine_node_distance{{{Machine},node_id=\"0\",target_node_id=\"2\"}} 21", lines);
            Assert.Contains($"machine_cpu_sockets{{{Machine}}} 2", lines);
        }
    }

    [Fact]
    public void Sampled_host_and_selection_and_the_kubelets_page_decide_what_is_shown()
    {
        var machine = new MachineHardware { MemoryBytes = 1, Nodes = [new HardwareNode(0, 7, [], [new HardwareCore(0, 0, [0], [], [])], [], [10])] };
        var sampled = new HostSample { TimestampNs = 1 };
        sampled.Memory.Set(NsCollector.Catalogue.Reading.HostMemoryTotalBytes, 2);
        var selection = new OutputSelection(new OutputChoice { Exclude = new GlobList(["machine_node_*"]) });

        string[] complete = Lines(PageForm.Complete(Options with { Selection = selection, HasTimestamps = true }), machine, PageFormat.Text, sampled);
        string[] kubelet = Lines(PageForm.Kubelet(Options), machine, PageFormat.Text);

        Assert.Contains($"machine_memory_bytes{{{Machine}}} 2 0", complete);
        Assert.DoesNotContain(complete, line => line.Contains("machine_node_", StringComparison.Ordinal));
        Assert.Contains($"machine_thread_siblings_count{{{Machine},node_id=\"0\",core_id=\"0\",thread_id=\"0\"}} 1", complete);
        Assert.Contains($"machine_memory_bytes{{{Machine}}} 1", kubelet);
        Assert.DoesNotContain(kubelet, line => line.Contains("machine_thread_siblings_count", StringComparison.Ordinal));
    }

    // Without empty labels, sorted by name, the value as a number.
    private static string Normalise(string line)
    {
        string value = double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture).ToString(System.Globalization.CultureInfo.InvariantCulture);
        string[] parts = line.Split(' ')[0].TrimEnd('}').Split('{');
        IEnumerable<string> labels = parts.Length == 1 ? [] : parts[1].Split(',').Where(label => !label.EndsWith("=\"\"", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return $"{parts[0]}{{{string.Join(',', labels)}}} {value}";
    }

    private static string[] Lines(PageForm form, MachineHardware hardware, PageFormat format, HostSample? host = null)
    {
        var samples = new LatestSamples([], TimeSpan.Zero);
        samples.BeginCycle(ContainerList.Empty);
        if (host is not null) samples.AcceptHost(host);
        samples.AcceptAgent(new AgentSnapshot());
        samples.EndCycle(new NsCollector.Sample.CycleReport());
        var page = new MetricsPage(form);
        LatestCycle cycle = samples.Acquire();
        var text = new StringBuilder();
        page.Begin(cycle, format, new MachineSeries(hardware, form));
        while (page.Next() is { Length: > 0 } piece)
        {
            Assert.Equal((byte)'\n', piece.Span[^1]);
            text.Append(Encoding.UTF8.GetString(piece.Span));
        }

        samples.Release(cycle);
        return text.ToString().TrimEnd('\n').Split('\n');
    }
}
