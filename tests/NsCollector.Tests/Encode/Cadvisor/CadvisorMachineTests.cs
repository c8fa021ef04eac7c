using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Encode.Cadvisor;
using NsCollector.Sample;
using NsCollector.Sample.Hardware;
using NsCollector.Sample.History;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Tests.Encode.Cadvisor;

/// <summary>Compares texts with those that cAdvisor answered for a machine, without the members that the agent does not have.</summary>
public sealed class CadvisorMachineTests
{
    private const string Sizes = "\"cpu_frequency_khz\":2596096,\"memory_capacity\":25276510208";
    private const string HugePages = "\"hugepages\":[{\"page_size\":1048576,\"num_pages\":0},{\"page_size\":2048,\"num_pages\":0}]";
    private const string Parts =
        "\"filesystems\":[{\"device\":\"/dev/vda\",\"capacity\":270553174016,\"type\":\"vfs\",\"inodes\":16777216,\"has_inodes\":true}],"
        + "\"disk_map\":{\"254:0\":{\"name\":\"vda\",\"major\":254,\"minor\":0,\"size\":274877906944,\"scheduler\":\"mq-deadline\"}},"
        + "\"network_devices\":[{\"name\":\"eth0\",\"mac_address\":\"02:fc:00:00:00:01\",\"speed\":-1,\"mtu\":1400}],"
        + "\"topology\":[{\"node_id\":0,\"memory\":8416088064," + HugePages + ",\"cores\":[{\"core_id\":1,\"thread_ids\":[1],"
        + "\"caches\":[{\"id\":1,\"size\":49152,\"type\":\"Data\",\"level\":1}],\"uncore_caches\":null,\"socket_id\":0}],"
        + "\"caches\":[{\"id\":0,\"size\":33554432,\"type\":\"Unified\",\"level\":3}],\"distances\":[10]}],";

    private readonly HostSample _host = new() { TimestampNs = 1_764_434_294_732_132_472 };
    private readonly CadvisorMachine _machine;

    public CadvisorMachineTests()
    {
        _host.Cpu.Set(Reading.HostCpuCount, 2);
        _host.Cpu.Set(Reading.HostCpuPhysicalCores, 2);
        _host.Cpu.Set(Reading.HostCpuSockets, 1);
        _host.Memory.Set(Reading.HostMemoryTotalBytes, 25_276_510_208);
        _host.Memory.Set(Reading.HostMemorySwapTotalBytes, 0);
        Row disk = _host.Filesystems.Add("/"u8);
        disk.SetMoreKeys(["/dev/vda"u8.ToArray(), "ext4"u8.ToArray()]);
        disk.Readings.Set(Reading.HostFilesystemSizeBytes, 270_553_174_016);
        disk.Readings.Set(Reading.HostFilesystemAvailableBytes, 80_750_555_136);
        disk.Readings.Set(Reading.HostFilesystemUsedBytes, 17_042_739_200);
        disk.Readings.Set(Reading.HostFilesystemInodes, 16_777_216);
        disk.Readings.Set(Reading.HostFilesystemUsedInodes, 485_829);
        HugePagePool[] pools = [new(1_048_576, 0), new(2048, 0)];
        var core = new HardwareCore(1, 0, [1], [new HardwareCache(1, 49_152, "Data", 1)], []);
        var hardware = new MachineHardware
        {
            Vendor = "AuthenticAMD", FrequencyKhz = 2_596_096, KernelRelease = "6.18.44", OperatingSystem = "Debian GNU/Linux 12 (bookworm)", HugePages = [.. pools],
            Disks = [new HardwareDisk("vda", 254, 0, 274_877_906_944, "mq-deadline")], Interfaces = [new HardwareInterface("eth0", "02:fc:00:00:00:01", -1, 1400)],
            Nodes = [new HardwareNode(0, 8_416_088_064, [.. pools], [core], [new HardwareCache(0, 33_554_432, "Unified", 3)], [10])],
        };
        _machine = new CadvisorMachine(hardware, _host, new CadvisorIdentity("m", "s", "b"));
    }

    [Fact]
    public void Machine_is_as_cAdvisor_shows_it() => Assert.Equal(
        "{\"timestamp\":\"2025-11-29T16:38:14.732132472Z\",\"vendor_id\":\"AuthenticAMD\",\"num_cores\":2,\"num_physical_cores\":2,\"num_sockets\":1," + Sizes
        + ",\"swap_capacity\":0," + HugePages + ",\"machine_id\":\"m\",\"system_uuid\":\"s\",\"boot_id\":\"b\"," + Parts
        + "\"cloud_provider\":\"Unknown\",\"instance_type\":\"Unknown\",\"instance_id\":\"\"}",
        Text(_machine.WriteMachine));

    [Fact]
    public void Memory_of_a_host_that_is_not_sampled_is_known()
    {
        var machine = new CadvisorMachine(new MachineHardware { MemoryBytes = 4096, SwapBytes = 0 }, new HostSample(), new CadvisorIdentity(null, null, null));
        Assert.Contains("\"memory_capacity\":4096,\"swap_capacity\":0,", Text(machine.WriteMachine), StringComparison.Ordinal);
    }

    [Fact]
    public void Attributes_are_as_cAdvisor_shows_them() => Assert.Equal(
        "{\"kernel_version\":\"6.18.44\",\"container_os_version\":\"Debian GNU/Linux 12 (bookworm)\",\"docker_version\":\"\",\"docker_api_version\":\"\",\"cadvisor_version\":\"1.2.3\","
        + "\"num_cores\":2," + Sizes + ",\"machine_id\":\"m\",\"system_uuid\":\"s\"," + HugePages + "," + Parts + "\"cloud_provider\":\"Unknown\",\"instance_type\":\"Unknown\"}",
        Text(json => _machine.WriteAttributes(json, "1.2.3")));

    [Fact]
    public void Storage_is_as_cAdvisor_shows_it() => Assert.Equal(
        "[{\"timestamp\":\"2025-11-29T16:38:14.732132472Z\",\"device\":\"/dev/vda\",\"mountpoint\":\"/\",\"capacity\":270553174016,\"available\":80750555136,"
        + "\"usage\":17042739200,\"labels\":null,\"inodes\":16777216,\"inodes_free\":16291387}]",
        Text(json => CadvisorFilesystems.WriteStorage(json, _host)));

    [Fact]
    public void Sample_of_the_root_has_the_hosts_interfaces_and_file_systems()
    {
        Row eth = _host.Interfaces.Add("eth0"u8);
        for (Reading reading = Reading.NetworkRxBytes; reading <= Reading.NetworkTxDropped; reading++) eth.Readings.Set(reading, reading - Reading.NetworkRxBytes);
        var sample = new ContainerSample { TimestampNs = _host.TimestampNs };
        sample.Scalars.Set(Reading.CpuUsageNs, 7);
        Assert.Equal(
            "{\"timestamp\":\"2025-11-29T16:38:14.732132472Z\",\"cpu\":{\"usage\":{\"total\":7}},\"memory\":{},\"network\":{\"interfaces\":[{\"name\":\"eth0\","
            + "\"rx_bytes\":0,\"rx_packets\":1,\"rx_errors\":2,\"rx_dropped\":3,\"tx_bytes\":4,\"tx_packets\":5,\"tx_errors\":6,\"tx_dropped\":7}]},"
            + "\"filesystem\":[{\"device\":\"/dev/vda\",\"type\":\"vfs\",\"capacity\":270553174016,\"available\":80750555136,\"usage\":17042739200,\"inodes_free\":16291387}]}",
            Text(json => CadvisorStats.Write(json, CadvisorForm.Machine, sample, null, new CadvisorOptions(), _host)));
    }

    [Fact]
    public void Kill_is_as_cAdvisor_shows_it() => Assert.Equal(
        "{\"container_name\":\"/docker/2c65\",\"timestamp\":\"2025-11-29T16:24:58.398875859Z\",\"event_type\":\"oomKill\","
        + "\"event_data\":{\"oom\":{\"pid\":11560,\"process_name\":\"w\",\"constraint\":\"CONSTRAINT_MEMCG\"}}}",
        Text(json => CadvisorEvents.Write(json, new HistoryEvent(HistoryEventKind.OomKill, "/docker/2c65", 1_764_433_498_398_875_859) { VictimPid = 11_560, VictimName = "w", Constraint = "CONSTRAINT_MEMCG" })));

    private static string Text(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) write(json);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
