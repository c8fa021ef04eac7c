using System.Globalization;
using System.Text.Json;
using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Lxc;
using NsCollector.RuntimeTests.Prometheus;

namespace NsCollector.RuntimeTests.DockerApi;

/// <summary>Prometheus' service discovery (docker_sd_configs) over the agent's socket.</summary>
[Collection(AloneDockerCollection.Name)]
public sealed class DiscoveryTests(DockerEngine engine) : DockerApiTests(engine)
{
    [RequiresFact("dockerd", "docker", "busybox", "ip", "tar", "podman", "conmon", "runc", "lxc-start")]
    public void Prometheus_has_a_target_for_containers_of_three_runtimes()
    {
        if (PrometheusPrograms.Missing is { } missing) Assert.Fail($"not unpacked: {missing}; run packaging/prepare tests");
        using DockerContainer container = Engine.Start("api-sd-docker", ["--label", "api.sd=yes"], "exec sleep 1000");
        using var podman = new PodmanEngine("vfs");
        PodmanContainer shop = podman.Start("api-sd-podman");
        shop.Connect();
        using var lxc = new LxcContainer("api-sd-lxc", 64 << 20);
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = Agent($"http:listen={address}", $"discovery:podman_roots={podman.Root}");
        agent.AwaitSampled(container.Id);
        agent.AwaitCycles(2);
        using var prometheus = new PrometheusServer(
            $$"""
              - job_name: containers
                docker_sd_configs: [ { host: 'unix://{{SocketPath}}', refresh_interval: 1s } ]
                relabel_configs:
                  - { source_labels: [__meta_docker_container_name], regex: '/api-sd-.*', action: keep }
                  - { source_labels: [__meta_docker_container_name], target_label: container }
                  - { source_labels: [__meta_docker_container_label_api_sd], target_label: label }
                  - { source_labels: [__meta_docker_network_name], target_label: network }
                  - { source_labels: [__meta_docker_network_ip], target_label: ip }
                  - { source_labels: [__address__], target_label: address }
                  - { target_label: __address__, replacement: '{{address}}' }

            """,
            [],
            targets: 3);
        Assert.Equal([1], prometheus.Query($"up{{container=\"/api-sd-docker\",label=\"yes\",network=\"bridge\",address=\"{container.Address}:80\"}}"));

        // Their test interfaces belong to no bridge.
        foreach ((string runtime, int pid) in ((string, int)[])[("podman", shop.Pid), ("lxc", lxc.Pid)])
        {
            (string ip, int prefix) = AddressInside(pid);
            Assert.Equal([1], prometheus.Query($"up{{container=\"/api-sd-{runtime}\",network=\"{runtime}\",ip=\"{ip}\",address=\"{ip}:80\"}}"));
            Assert.Equal($"{ip}/{prefix}", Docker("inspect", "--format", $"{{{{with .NetworkSettings.Networks.{runtime}}}}}{{{{.IPAddress}}}}/{{{{.IPPrefixLen}}}}{{{{end}}}}", $"api-sd-{runtime}"));
        }
    }

    // The address of eth0 that the kernel has.
    private static (string Address, int PrefixLength) AddressInside(int pid)
    {
        using JsonDocument links = JsonDocument.Parse(Command.Run("nsenter", "--net", "--target", pid.ToString(CultureInfo.InvariantCulture), "ip", "-json", "-4", "address", "show", "dev", "eth0"));
        JsonElement address = Assert.Single(links.RootElement[0].GetProperty("addr_info").EnumerateArray());
        return (address.GetProperty("local").GetString()!, address.GetProperty("prefixlen").GetInt32());
    }
}
