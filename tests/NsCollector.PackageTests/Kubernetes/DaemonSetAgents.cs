using System.Globalization;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>
/// Agents in containers, which sample the same containers: those of <see cref="TestCgroups"/>. One has the rights of the DaemonSet,
/// the others also those that its README describes. Started when first used, so that skipped tests start none.
/// </summary>
public sealed class DaemonSetAgents : IDisposable
{
    // The variables that Kubernetes sets for Services called nscollector and nscollector-metrics.
    private static readonly string[] ServiceLinks =
    [
        "NSCOLLECTOR_SERVICE_HOST=10.96.7.1", "NSCOLLECTOR_SERVICE_PORT=9100", "NSCOLLECTOR_PORT=tcp://10.96.7.1:9100",
        "NSCOLLECTOR_PORT_9100_TCP=tcp://10.96.7.1:9100", "NSCOLLECTOR_PORT_9100_TCP_ADDR=10.96.7.1",
        "NSCOLLECTOR_METRICS_SERVICE_HOST=10.96.7.2", "NSCOLLECTOR_METRICS_SERVICE_PORT_HTTP=80",
    ];

    private static readonly (string From, string To) HostNetwork = ("hostNetwork: false", "hostNetwork: true");

    private readonly TestCgroups _cgroups = new();
    private readonly string _shared = $"nsctest{Environment.ProcessId}a";
    private readonly Lazy<PodmanEngine> _podman;
    private readonly List<AgentPod> _pods = [];
    private readonly Lazy<AgentPod> _asStated, _inHostNetwork, _hearingRemovals, _looking, _administering;

    public DaemonSetAgents()
    {
        _podman = new Lazy<PodmanEngine>(() =>
        {
            // Makes /run/netns a shared mount, as on a node with pods.
            Command.Run("ip", "netns", "add", _shared);
            MakeTenant();
            return new PodmanEngine("vfs");
        });
        _asStated = Agent("as-stated");
        _inHostNetwork = Agent("in-host-network", ["NSCOLLECTOR_http__cadvisor_api=on", $"NSCOLLECTOR_docker_api__listen=unix:/var/lib/nscollector/{DockerSocket}", "NSCOLLECTOR_network__connections=on", "NSCOLLECTOR_network__connections_interval=1s"], HostNetwork);
        _looking = Agent("looking", ["NSCOLLECTOR_agent__peaks=100ms", "NSCOLLECTOR_agent__sampling_threads=2", "NSCOLLECTOR_agent__spread=on"]);

        // In the same network as the other one.
        _hearingRemovals = Agent("hearing-removals", ["NSCOLLECTOR_http__listen=127.0.0.1:9470"], HostNetwork, ("                - SYS_NICE\n", "                - SYS_NICE\n                - NET_BROADCAST\n"));
        _administering = Agent(
            "administering",
            [
                "NSCOLLECTOR_http__listen=127.0.0.1:9471", "NSCOLLECTOR_network__flows=on", "NSCOLLECTOR_network__qdisc=on", "NSCOLLECTOR_network__qdisc_interval=0",
                "NSCOLLECTOR_network__netfilter=on", "NSCOLLECTOR_network__netfilter_interval=0", "NSCOLLECTOR_network__conntrack=on", "NSCOLLECTOR_network__connections_interval=1s",
            ],
            HostNetwork, ("                - SYS_NICE\n", "                - SYS_NICE\n                - NET_BROADCAST\n                - NET_ADMIN\n"));
    }

    /// <summary>The id of a container that has existed since before the agents started, with empty cgroups inside that are named like containers.</summary>
    internal static string TenantId { get; } = new('e', 64);

    /// <summary>With what the ids of those empty cgroups begin.</summary>
    internal static string EmptyIds => "fee1";

    /// <summary>The agent of the manifest, with the variables of Services in its environment.</summary>
    internal AgentPod AsStated => _asStated.Value;

    /// <summary>The name of the socket of Docker's API, in the directory of the spool.</summary>
    internal const string DockerSocket = "docker.sock";

    /// <summary>The agent in the host's network, which also counts sockets, and serves the API of cAdvisor and that of Docker.</summary>
    internal AgentPod InHostNetwork => _inHostNetwork.Value;

    /// <summary>The agent in the host's network with CAP_NET_BROADCAST.</summary>
    internal AgentPod HearingRemovals => _hearingRemovals.Value;

    /// <summary>The agent in the host's network with CAP_NET_BROADCAST and CAP_NET_ADMIN, and all that these are for turned on.</summary>
    internal AgentPod Administering => _administering.Value;

    /// <summary>The agent of the manifest with two sampling threads, spread cycles, and peaks.</summary>
    internal AgentPod Looking => _looking.Value;

    /// <summary>The agent's <c>discovery.cgroup_paths</c>.</summary>
    internal static string CgroupPaths => $"/nsc-test-{Environment.ProcessId}-*/*";

    /// <inheritdoc/>
    public void Dispose()
    {
        _pods.ForEach(pod => pod.Dispose());
        if (!_podman.IsValueCreated) return;
        _podman.Value.Dispose();
        _cgroups.Dispose();
        Command.Try("ip", "netns", "delete", _shared);
    }

    private void MakeTenant()
    {
        static string Id(int number) => EmptyIds + number.ToString("x60", CultureInfo.InvariantCulture);
        _cgroups.MakeWithProcess($"docker/{TenantId}", NamespaceProcess.Start());
        for (int i = 0; i < 25; i++)
        {
            _cgroups.Make($"docker/{TenantId}/docker/{Id(i)}");
            _cgroups.Make($"docker/{TenantId}/kubepods/pod{i}/crio-{Id(100 + i)}.scope");
        }
    }

    private Lazy<AgentPod> Agent(string name, params (string From, string To)[] changes) => Agent(name, [], changes);

    private Lazy<AgentPod> Agent(string name, string[] environment, params (string From, string To)[] changes) => new(() =>
    {
        var pod = new AgentPod(
            _podman.Value, new DaemonSet(ManifestTests.Manifest, changes), name, [$"NSCOLLECTOR_discovery__cgroup_paths={CgroupPaths}", "NSCOLLECTOR_filter__include=cgroup/*,docker/*,crio/*", .. ServiceLinks, .. environment]);
        _pods.Add(pod);
        return pod;
    });
}
