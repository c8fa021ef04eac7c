using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Json;
using NsCollector.Encode.Table;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Tests.Encode;

public class RendererTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void JsonRenderer_cycle_gives_one_object_a_line_with_catalogue_names()
    {
        ContainerSample sample = new() { TimestampNs = 5, State = ContainerState.Running };
        sample.Scalars.Set(Reading.CpuUsageNs, 7);
        sample.Scalars.SetDouble(Reading.CpuUsagePercent, 1.25);
        sample.Interfaces.Add("e\xff"u8).Readings.Set(Reading.NetworkRxBytes, 9);
        using var output = new MemoryStream();
        var renderer = new JsonRenderer(output, new EncodeOptions { Host = "h" });
        renderer.Accept(Container("a\nb\"c"), sample);
        renderer.Accept(Container("second"), new ContainerSample());
        renderer.EndCycle(default);
        string[] lines = Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        JsonElement first = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal("a\nb\"c", first.GetProperty("container").GetString());
        Assert.Equal(7, first.GetProperty("container_cpu").GetProperty("usage_ns").GetInt64());
        Assert.Equal(1.25, first.GetProperty("container_cpu").GetProperty("usage_percent").GetDouble());
        Assert.Equal(9, first.GetProperty("container_network")[0].GetProperty("rx_bytes").GetInt64());
        Assert.False(first.TryGetProperty("container_memory", out _));
    }

    [Fact]
    public void JsonRenderer_host_is_an_object_of_its_own()
    {
        var sample = new HostSample { TimestampNs = 5 };
        sample.Load.SetDouble(Reading.HostLoad1, 0.25);
        Row row = sample.Filesystems.Add("/mnt/a b"u8);
        row.SetMoreKeys(["disk\""u8.ToArray(), "ext4"u8.ToArray()]);
        row.Readings.Set(Reading.HostFilesystemReadOnly, 1);
        using var output = new MemoryStream();
        new JsonRenderer(output, new EncodeOptions { Host = "h" }).AcceptHost(sample);
        JsonElement host = JsonDocument.Parse(Encoding.UTF8.GetString(output.ToArray())).RootElement;
        Assert.Equal(("h", 5, 0.25), (host.GetProperty("host").GetString(), host.GetProperty("timestamp_ns").GetInt64(), host.GetProperty("host_load").GetProperty("load1").GetDouble()));
        JsonElement filesystem = host.GetProperty("host_filesystem")[0];
        Assert.Equal(("/mnt/a b", "disk\"", "ext4", true), (
            filesystem.GetProperty("mount_point").GetString(), filesystem.GetProperty("device").GetString(), filesystem.GetProperty("fstype").GetString(), filesystem.GetProperty("read_only").GetBoolean()));
        Assert.False(host.TryGetProperty("host_cpu", out _));
        Assert.False(host.TryGetProperty("container", out _));
    }

    [Fact]
    public void JsonRenderer_exit_has_last_counters_and_flows()
    {
        var exit = new ExitSample { TimestampNs = 5 };
        exit.Protocols.Set(Reading.TcpOutSegs, 4);
        Row flow = exit.Flows.Add("10.0.0.1"u8);
        flow.SetMoreKeys(["out"u8.ToArray(), "443"u8.ToArray()]);
        flow.Readings.Set(Reading.FlowBytesSent, 6);
        using var output = new MemoryStream();
        var renderer = new JsonRenderer(output, new EncodeOptions { Host = "h" });
        renderer.AcceptExit(Container("gone"), exit);
        renderer.Flush(isEnd: true);
        JsonElement gone = JsonDocument.Parse(Encoding.UTF8.GetString(output.ToArray())).RootElement;
        Assert.Equal(4, gone.GetProperty("container_tcp").GetProperty("out_segs").GetInt64());
        Assert.Equal(("10.0.0.1", 6), (gone.GetProperty("container_flow")[0].GetProperty("remote").GetString(), gone.GetProperty("container_flow")[0].GetProperty("bytes_sent").GetInt64()));
    }

    [Fact]
    public void TableRenderer_shows_rates_and_a_dash_for_absent_readings()
    {
        using var output = new StringWriter();
        var renderer = new TableRenderer(output) { Silent = true };
        ContainerSample sample = new() { TimestampNs = Second };
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 1000);
        sample.Interfaces[0].LeadsOut = true;

        // A bridge inside carries the same bytes a second time.
        sample.Interfaces.Add("docker0"u8).Readings.Set(Reading.NetworkRxBytes, 1000);
        Container container = Container("web\u001b[31m");
        renderer.BeginCycle(ContainerList.Empty);
        renderer.Accept(container, sample);
        renderer.EndCycle(default);
        Assert.Equal("", output.ToString());

        renderer.Silent = false;
        sample.TimestampNs = 3 * Second;
        sample.Interfaces[0].Readings.Set(Reading.NetworkRxBytes, 1000 + 4096);
        sample.Interfaces[1].Readings.Set(Reading.NetworkRxBytes, 1000 + 4096);
        renderer.BeginCycle(ContainerList.Empty);
        renderer.Accept(container, sample);
        renderer.EndCycle(default);
        string row = output.ToString().Split('\n')[1];
        Assert.Contains("2.0KiB", row);
        Assert.DoesNotContain("\u001b", row);
        Assert.Equal(12, row.Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(cell => cell == "-"));
    }

    [Fact]
    public void Table_rates_of_block_io_are_of_the_totals_over_all_devices()
    {
        using var output = new StringWriter();
        var renderer = new TableRenderer(output) { Silent = true };
        ContainerSample sample = new();
        Container container = Container("web");
        foreach (long cycle in new long[] { 1, 2 })
        {
            sample.Clear();
            sample.TimestampNs = cycle * Second;
            foreach (byte[] device in new[] { "dm-0"u8.ToArray(), "sda"u8.ToArray() }) sample.Devices.Add(device).Readings.Set(Reading.BlkioReadBytes, cycle * 4096);
            (sample.DeviceTotals.ReadBytes, sample.DeviceTotals.WriteBytes) = (cycle * 4096, cycle * 2048);
            renderer.Silent = cycle == 1;
            renderer.BeginCycle(ContainerList.Empty);
            renderer.Accept(container, sample);
            renderer.EndCycle(default);
        }

        string[] lines = output.ToString().Split('\n');
        Assert.Contains(" 4.0KiB   2.0KiB ", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("8.0KiB", lines[1], StringComparison.Ordinal);
    }

    private static Container Container(string name) =>
        new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), name), "/docker/a", null);
}
