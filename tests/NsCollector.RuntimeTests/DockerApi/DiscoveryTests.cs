using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Prometheus;

namespace NsCollector.RuntimeTests.DockerApi;

/// <summary>Prometheus' service discovery (docker_sd_configs) over the agent's socket.</summary>
[Collection(AloneDockerCollection.Name)]
public sealed class DiscoveryTests(DockerEngine engine) : DockerApiTests(engine)
{
    // Podman's networks are in no file that the agent reads, so its container has none, and Prometheus makes a target of each network.
    [RequiresFact("dockerd", "docker", "busybox", "ip", "tar", "podman", "conmon", "runc")]
    public void Prometheus_has_a_target_for_each_network_of_a_container()
    {
        if (PrometheusPrograms.Missing is { } missing) Assert.Fail($"not unpacked: {missing}; run packaging/prepare tests");
        using DockerContainer container = Engine.Start("api-sd-docker", ["--label", "api.sd=yes"], "exec sleep 1000");
        using var podman = new PodmanEngine("vfs");
        podman.Start("api-sd-podman");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = Agent($"http:listen={address}", $"discovery:podman_roots={podman.Root}");
        agent.AwaitSampled(container.Id);
        agent.AwaitCycles(1);
        using var prometheus = new PrometheusServer(
            $$"""
              - job_name: containers
                docker_sd_configs: [ { host: 'unix://{{SocketPath}}', refresh_interval: 1s } ]
                relabel_configs:
                  - { source_labels: [__meta_docker_container_name], regex: '/api-sd-.*', action: keep }
                  - { source_labels: [__meta_docker_container_name], target_label: container }
                  - { source_labels: [__meta_docker_container_label_api_sd], target_label: label }
                  - { source_labels: [__meta_docker_network_name], target_label: network }
                  - { source_labels: [__address__], target_label: address }
                  - { target_label: __address__, replacement: '{{address}}' }

            """,
            []);
        Assert.Equal([1], prometheus.Query($"up{{container=\"/api-sd-docker\",label=\"yes\",network=\"bridge\",address=\"{container.Address}:80\"}}"));
        Assert.Equal([1], prometheus.Query("count(up)"));
    }
}
