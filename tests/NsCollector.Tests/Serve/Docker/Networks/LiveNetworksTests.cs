using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.ContainerEndpoints;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Host;
using NsCollector.Serve.Docker.Networks;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Serve.Docker.Networks;

public sealed class LiveNetworksTests : IDisposable
{
    private const string WebId = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string DefaultId = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string SandboxId = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
    private const string AppId = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd";

    private const string HostRoutes = """
        Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
        eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
        docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
        podman0	0000580A	00000000	0001	0	0	0	0000FFFF	0	0	0

        """;

    // Started 50 s after boot.
    private const long StartedNs = 50_000_000_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly LatestSamples _samples = new([], TimeSpan.FromMinutes(5));
    private readonly List<(Container Container, ContainerSample Sample)> _running = [];

    public LiveNetworksTests()
    {
        WriteNamespace(1, "", HostRoutes, "", "");
        foreach (string bridge in (string[])["docker0", "podman0"]) Directory.CreateDirectory(_directory[$"sys/class/net/{bridge}/bridge"]);
        Directory.CreateDirectory(_directory["sys/class/net/eth0"]);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Interfaces_are_networks_of_the_host_bridge_and_of_the_runtime()
    {
        Run(10, ContainerRuntime.Podman, "db", "Networks/two-interfaces.txt");
        Run(11, ContainerRuntime.Lxc, "vm", "Networks/no-subnet.txt");
        JsonObject db = await NetworksOf("db");
        Assert.Equal(["podman0", "podman"], db.Select(network => network.Key));
        Assert.Equal(
            """{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"","DriverOpts":null,"GwPriority":0,"NetworkID":"ID","EndpointID":"","Gateway":"10.88.0.1","IPAddress":"10.88.0.5","IPPrefixLen":16,"IPv6Gateway":"fd00:88::1","GlobalIPv6Address":"fd00:88::5","GlobalIPv6PrefixLen":64,"DNSNames":null}""",
            db["podman0"]!.ToJsonString().Replace((string)db["podman0"]!["NetworkID"]!, "ID", StringComparison.Ordinal));
        Assert.Equal(("192.168.77.2", 29), ((string)db["podman"]!["IPAddress"]!, (int)db["podman"]!["IPPrefixLen"]!));
        JsonObject vm = await NetworksOf("vm");
        Assert.Equal(("192.168.140.66", "169.254.1.1"), ((string)vm["lxc"]!["IPAddress"]!, (string)vm["lxc"]!["Gateway"]!));
        JsonNode inspect = (await DockerAnswer.Of(new ContainerInspectEndpoint(Inventory(), Images(), _samples, Networks(), new DockerApiOptions()), 56, "db")).Body;
        Assert.Equal(db.ToJsonString(), inspect["NetworkSettings"]!["Networks"]!.ToJsonString());

        // docker_sd_configs looks each network up by its id.
        JsonArray networks = await AllNetworks();
        Assert.Equal(["bridge bridge", "lxc ", "podman ", "podman0 bridge"], networks.Select(network => $"{network!["Name"]} {network["Driver"]}"));
        Assert.Equal(4, networks.Select(network => (string)network!["Id"]!).Distinct().Count());
        foreach (JsonNode? network in db.Concat(vm).Select(network => network.Value))
            Assert.Contains((string)network!["NetworkID"]!, networks.Select(one => (string)one!["Id"]!));
    }

    [Fact]
    public async Task Container_on_a_bridge_of_Docker_has_the_network_of_Docker()
    {
        WriteDocker(new JsonObject { ["bridge"] = new JsonObject { ["NetworkID"] = DefaultId, ["IPAddress"] = "172.17.0.2" } });
        Run(10, ContainerRuntime.Lxc, "vm", new Dictionary<string, string>
        {
            ["fib_trie"] = "|-- 172.17.0.9\n  /32 host LOCAL\n",
            ["route"] = "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
            ["if_inet6"] = "",
            ["ipv6_route"] = "",
        });
        JsonObject networks = await NetworksOf("vm");
        Assert.Equal((DefaultId, "172.17.0.9"), ((string)networks["bridge"]!["NetworkID"]!, (string)networks["bridge"]!["IPAddress"]!));
        Assert.Equal(["bridge", "podman0"], (await AllNetworks()).Select(network => (string)network!["Name"]!));
    }

    [Fact]
    public async Task Container_in_the_host_namespace_has_the_network_host()
    {
        Start(10, ContainerRuntime.Nspawn, "machine");
        Directory.CreateSymbolicLink(_directory["proc/10/net"], "../1/net");
        JsonNode listed = (await List()).Single()!;
        JsonObject networks = listed["NetworkSettings"]!["Networks"]!.AsObject();
        Assert.Equal(("host", ""), (networks.Single().Key, (string)networks["host"]!["IPAddress"]!));
        Assert.Equal("host", (string)listed["HostConfig"]!["NetworkMode"]!);
        Assert.Contains((string)networks["host"]!["NetworkID"]!, (await AllNetworks()).Select(one => (string)one!["Id"]!));
    }

    [Fact]
    public async Task Filter_by_network_finds_containers_of_all_runtimes()
    {
        Run(10, ContainerRuntime.Podman, "db", "Networks/two-interfaces.txt");
        Run(11, ContainerRuntime.Lxc, "vm", "Networks/no-subnet.txt");
        DockerAnswer answer = await DockerAnswer.Of(ListEndpoint(Networks()), 56, "", ("filters", """{"network":["podman0"]}"""));
        Assert.Equal("/db", (string)Assert.Single(answer.List)!["Names"]![0]!);
    }

    [Fact]
    public async Task Interfaces_that_do_not_lead_out_are_left_out()
    {
        ContainerSample sample = Run(10, ContainerRuntime.Podman, "db", "Networks/two-interfaces.txt");
        foreach (string name in (string[])["lo", "eth0", "eth1"]) sample.Interfaces.Add(System.Text.Encoding.UTF8.GetBytes(name)).LeadsOut = name == "eth1";
        Assert.Equal(["podman"], (await NetworksOf("db")).Select(network => network.Key));
    }

    [Fact]
    public async Task Two_interfaces_of_one_network_have_different_names()
    {
        WriteNamespace(1, "", HostRoutes + "podman0\t004DA8C0\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0\n", "", "");
        Run(10, ContainerRuntime.Podman, "db", "Networks/two-interfaces.txt");
        JsonObject networks = await NetworksOf("db");
        Assert.Equal(["podman0", "podman0:eth1"], networks.Select(network => network.Key));
        Assert.Equal((string)networks["podman0"]!["NetworkID"]!, (string)networks["podman0:eth1"]!["NetworkID"]!);
    }

    [Fact]
    public async Task Process_that_has_the_pid_of_another_one_gives_nothing()
    {
        Run(10, ContainerRuntime.Podman, "db", "Networks/two-interfaces.txt");
        WriteStat(10, 5001);
        Assert.Empty(await NetworksOf("db"));
        Directory.Delete(_directory["proc/10"], recursive: true);
        Assert.Empty(await NetworksOf("db"));
    }

    [Fact]
    public async Task Container_inside_another_has_no_networks_of_the_host()
    {
        Run(10, ContainerRuntime.Lxc, "vm", "Networks/no-subnet.txt");
        Run(11, ContainerRuntime.Podman, "inner", "Networks/two-interfaces.txt", "/lxc.payload.vm/libpod-inner");
        Assert.Empty(await NetworksOf("inner"));
    }

    [Fact]
    public async Task Container_of_a_pod_has_the_networks_of_its_sandbox_if_that_is_gone()
    {
        _directory.Write(
            $"run/containers/storage/overlay-containers/{AppId}/userdata/config.json",
            $$$"""{"annotations":{"io.kubernetes.cri-o.SandboxID":"{{{SandboxId}}}"},"linux":{"namespaces":[{"type":"network","path":"/x"}]}}""");
        Run(10, ContainerRuntime.Crio, AppId, "Networks/no-subnet.txt", $"/kubepods/pod1/crio-{AppId}");
        Assert.Equal(["crio"], (await NetworksOf(AppId)).Select(network => network.Key));
        Run(11, ContainerRuntime.Crio, SandboxId, "Networks/no-subnet.txt", $"/kubepods/pod1/crio-{SandboxId}");
        Assert.Empty(await NetworksOf(AppId));
        Assert.Equal(["crio"], (await NetworksOf(SandboxId)).Select(network => network.Key));
    }

    [Fact]
    public void Reading_is_kept_for_its_age_and_the_budget_ends_a_round()
    {
        Run(10, ContainerRuntime.Lxc, "a", "Networks/no-subnet.txt");
        Run(11, ContainerRuntime.Lxc, "b", "Networks/no-subnet.txt");
        Run(12, ContainerRuntime.Lxc, "c", "Networks/no-subnet.txt");
        InventoryList list = Inventory().Current();
        LiveNetworks steady = Networks(budgetNs: -1);
        for (int read = 1; read <= 3; read++) Assert.Equal(read, Complete(steady).Length);
        Dictionary<string, string> changed = RecordedSections.Read("Networks/two-interfaces.txt");
        WriteNamespace(11, changed["fib_trie"], changed["route"], changed["if_inet6"], changed["ipv6_route"]);
        Assert.Equal(["192.168.140.66", "192.168.140.66", "192.168.140.66"], Complete(steady));
        Assert.Equal(["10.88.0.5", "192.168.140.66", "192.168.140.66", "192.168.77.2"], Complete(Networks()).Order(StringComparer.Ordinal));

        string[] Complete(LiveNetworks networks) => [.. networks.Complete(list, list.Entries).SelectMany(entry => entry.Details.Networks).Select(endpoint => endpoint.Address)];
    }

    private ContainerSample Run(int pid, ContainerRuntime runtime, string name, string resource, string? cgroup = null) =>
        Run(pid, runtime, name, RecordedSections.Read(resource), cgroup);

    private ContainerSample Run(int pid, ContainerRuntime runtime, string name, Dictionary<string, string> files, string? cgroup = null)
    {
        WriteNamespace(pid, files["fib_trie"], files["route"], files["if_inet6"], files["ipv6_route"]);
        return Start(pid, runtime, name, cgroup);
    }

    private ContainerSample Start(int pid, ContainerRuntime runtime, string name, string? cgroup = null)
    {
        WriteStat(pid, 5000);
        var sample = new ContainerSample { State = ContainerState.Running };
        _running.Add((new Container(pid, new ContainerIdentity(runtime, name, name), cgroup ?? $"/lxc.payload.{name}", new ProcessDirectory(-1, pid, StartedNs)), sample));
        return sample;
    }

    private void WriteStat(int pid, int startTicks) =>
        _directory.Write($"proc/{pid}/stat", $"{pid} (init) S 1 {pid} {pid} 0 -1 4194560 900 0 0 0 3 1 0 0 20 0 1 0 {startTicks.ToString(CultureInfo.InvariantCulture)} 1 1 1\n");

    private void WriteNamespace(int pid, string addresses, string routes, string addresses6, string routes6)
    {
        foreach ((string file, string text) in ((string, string)[])[("dev", ""), ("fib_trie", addresses), ("route", routes), ("if_inet6", addresses6), ("ipv6_route", routes6)])
            _directory.Write($"proc/{pid}/net/{file}", text);
    }

    private void WriteDocker(JsonObject networks)
    {
        var config = new JsonObject { ["ID"] = WebId, ["Name"] = "/web", ["State"] = new JsonObject(), ["NetworkSettings"] = new JsonObject { ["Networks"] = networks } };
        _directory.Write($"docker/containers/{WebId}/config.v2.json", config.ToJsonString());
    }

    private async Task<JsonObject> NetworksOf(string name) =>
        (await List()).Single(one => (string)one!["Names"]![0]! == "/" + name || (string)one["Id"]! == name)!["NetworkSettings"]!["Networks"]!.AsObject();

    private async Task<JsonArray> List() => (await DockerAnswer.Of(ListEndpoint(Networks()), 56)).List;

    private async Task<JsonArray> AllNetworks()
    {
        LiveNetworks networks = Networks();
        ContainerInventory inventory = Inventory();
        return (await DockerAnswer.Of(new NetworksEndpoint(() => networks.All(inventory.Current())), 56)).List;
    }

    private ContainerListEndpoint ListEndpoint(LiveNetworks networks) => new(Inventory(), Images(), _samples, networks);

    private LiveNetworks Networks(long budgetNs = 60_000_000_000) => new(Roots, _samples, new BridgeNetworks(Roots)) { BudgetNs = budgetNs };

    // A new one each time, because a list is kept for 250 ms.
    private ContainerInventory Inventory()
    {
        _samples.BeginCycle(new ContainerList(_samples.CompletedMonotonicNs + 1, [.. _running.Select(one => one.Container)]));
        foreach ((Container container, ContainerSample sample) in _running) _samples.Accept(container, sample);
        _samples.EndCycle(default);
        return new ContainerInventory(Sources(), _samples, Options, Roots);
    }

    private ImageStore Images() => new(() => [_directory["docker"]], Sources().Documents);

    private InventorySources Sources()
    {
        var counters = new AgentCounters();
        var log = new RateLimitedLog(NullLogger.Instance);
        return new InventorySources(Options, Roots, new HostDaemons(Roots, counters, log), _ => null, counters, log);
    }

    private HostRoots Roots => new(_directory["proc"], null, _directory["run"], _directory["sys"]);

    private DiscoverOptions Options => new() { DockerRoots = [_directory["docker"]], PodmanRoots = [], LxcRoots = [], LxdRoots = [] };
}
