using System.Globalization;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Arm64;

/// <summary>Compares the output of the arm64 executable with the kernel's files and with the build for this machine.</summary>
[Collection(NamespaceTests.Name)]
public sealed class Arm64AgentTests : IDisposable
{
    /// <summary>Measurements that are equal in two samples of an idle container.</summary>
    private static readonly string[] Compared = ["container_memory", "container_pids", "container_network", "container_tcp", "container_udp", "container_conntrack"];

    private readonly TestCgroups _cgroups = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly TemporaryDirectory _libraries = new();
    private string[]? _emulated;

    public void Dispose()
    {
        _cgroups.Dispose();
        _libraries.Dispose();
        _directory.Dispose();
    }

    [Arm64Fact]
    public void Version_prints_the_same_as_this_build()
    {
        (int exitCode, string output, string error) = NsCollectorProcess.Run(["version"], program: Emulated);
        Assert.True(exitCode == 0, error);
        string[] lines = output.Split('\n');
        Assert.StartsWith("nscollector ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(", native AOT", lines[2], StringComparison.Ordinal);
        Assert.Equal(NsCollectorProcess.Run(["version"]).Output.Split('\n')[3], lines[3]);
    }

    [Arm64Fact]
    public void Check_finds_cgroups_and_permits_visits()
    {
        (int exitCode, string output, string error) = NsCollectorProcess.Run(
            ["check", "--set", $"file:main:path={_directory.Path}/metrics.lp"], directory: _directory.Path, program: Emulated);
        Assert.True(exitCode == 0, output + error);
        Assert.Contains("ok    network: by visit", output, StringComparison.Ordinal);
        Assert.Contains("ok    cgroups: ", output, StringComparison.Ordinal);
        Assert.Contains($"ok    file:main: {_directory.Path}/metrics.lp: writable", output, StringComparison.Ordinal);
    }

    [Arm64Fact]
    public void Sample_of_network_namespace_equals_kernel_and_native_build()
    {
        NamespaceProcess process = MakeContainer();
        Point[] emulated = Sample(Emulated), native = Sample(null);
        AssertNetwork(process, emulated);

        string[] Values(Point[] points) =>
        [
            .. points.Where(point => Compared.Contains(point.Measurement))
                .SelectMany(point => point.Fields.Where(field => field.Value is long).Select(field =>
                    string.Create(CultureInfo.InvariantCulture, $"{point.Measurement} {point.Tags.GetValueOrDefault("interface")} {field.Key} {field.Value}")))
                .Order(StringComparer.Ordinal),
        ];
        string[] expected = Values(native);
        Assert.True(expected.Length > 50, $"{expected.Length} numbers are compared");
        Assert.Equal(expected, Values(emulated));

        // The emulator has no netlink sockets of sock_diag(7).
        Assert.Equal(native.Select(point => point.Measurement).Distinct().Except(["container_connections"]).Order(), emulated.Select(point => point.Measurement).Distinct().Order());
    }

    [Arm64Fact]
    public void Run_samples_each_cycle_and_writes_container_exit()
    {
        NamespaceProcess process = MakeContainer();
        string output = Path.Combine(_directory.Path, "metrics.lp");
        using NsCollectorProcess agent = NsCollectorProcess.Start(
            ["run", "--set", "agent:interval=500ms", "--set", $"file:main:path={output}", .. Selection], directory: _directory.Path, program: Emulated);
        Eventually.True(() => Points(output).Count(point => point.Measurement == "container_network") >= 5, "five cycles", patience: TimeSpan.FromSeconds(60));
        AssertNetwork(process, [.. Points(output)]);
        (long Rx, long Tx) inside = process.Settled("eth0");
        process.Kill();
        Eventually.True(() => Points(output).Exists(point => point.Measurement == "container_exit"), "the exit of the container", patience: TimeSpan.FromSeconds(60));
        Command.Run("kill", "-TERM", agent.Id.ToString(CultureInfo.InvariantCulture));
        (int exitCode, _, string error) = agent.WaitForEnd();
        Assert.True(exitCode == 0, error);

        // Not network_final: the emulator refuses RTM_GETNSID, without which the agent cannot prove where the peer of eth0 is.
        Point exit = Assert.Single(Points(output), point => point.Measurement == "container_exit");
        Assert.Equal((inside.Rx, inside.Tx), (exit.Integer("rx_bytes"), exit.Integer("tx_bytes")));

        Point[] own = [.. Points(output).Where(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink"))];
        Assert.Equal(Enumerable.Range(1, own.Length).Select(cycle => (long)cycle), own.Select(point => (long)point.Fields["cycles"]));
        Assert.All(own, point => Assert.Equal(0L, point.Fields["setns_errors"]));
        Assert.All(own, point => Assert.Equal(0L, point.Fields["read_errors"]));
    }

    private string[] Emulated => _emulated ??= Arm64FactAttribute.ProgramIn(_libraries.Path);

    private string[] Selection => ["--set", $"discovery:cgroup_paths={_cgroups.Parent}/*", "--set", "filter:include=cgroup/*"];

    private static List<Point> Points(string path)
    {
        if (!File.Exists(path)) return [];
        byte[] bytes = File.ReadAllBytes(path);
        return StrictParser.ParseAll(bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n') + 1));
    }

    private static void AssertNetwork(NamespaceProcess process, Point[] points)
    {
        Dictionary<string, long[]> kernel = NetworkFiles.ReportedInterfaces(process.ReadProc("net/dev"));
        Assert.Equal(["eth0"], kernel.Keys);
        Point point = points.Last(point => point.Measurement == "container_network" && point.Tags["interface"] == "eth0");
        Assert.NotEqual(0L, point.Fields["tx_packets"]);
        Assert.Equal(kernel["eth0"][0], point.Fields["rx_bytes"]);
        Assert.Equal(kernel["eth0"][1], point.Fields["rx_packets"]);
        Assert.Equal(kernel["eth0"][4], point.Fields["tx_bytes"]);
        Assert.Equal(kernel["eth0"][5], point.Fields["tx_packets"]);
    }

    /// <summary>An idle container whose interface has sent packets.</summary>
    private NamespaceProcess MakeContainer()
    {
        (_, NamespaceProcess process) = _cgroups.MakeWithProcess("arm64");
        process.Connect();
        process.Send(3);
        return process;
    }

    private Point[] Sample(string[]? program)
    {
        (int exitCode, string output, string error) = NsCollectorProcess.Run(
            ["sample", "--format", "influx", "--count", "1", "--interval", "200ms", .. Selection], directory: _directory.Path, program: program);
        Assert.True(exitCode == 0, error);
        Assert.NotEmpty(output);
        return [.. StrictParser.ParseAll(System.Text.Encoding.UTF8.GetBytes(output))];
    }
}
