
namespace NsCollector.RuntimeTests.Cri;

/// <summary>The names of pods and containers.</summary>
public sealed class IdentityTests(ContainerdEngine engine) : CriTests(engine)
{
    [CriFact]
    public void Container_has_the_names_of_its_namespace_pod_and_image()
    {
        using var pod = new CriPod(Engine, "web-5d8f7c-x2k", "shop");
        CriContainer front = pod.Start("front", Idle), side = pod.Start("side.car_1", Idle);
        List<Point> all = Named();
        foreach (CriContainer container in new[] { front, side })
        {
            Assert.All(Of(all, container.Id), point =>
            {
                Assert.Equal(("containerd", "shop", "web-5d8f7c-x2k", container.Name), Names(point));
                Assert.Equal(ContainerdEngine.Image, point.Tags["image"]);
                Assert.False(point.Tags.ContainsKey("id"));
            });
            Assert.Equal(container.Pid, Only(Of(all, container.Id), "container_info").Integer("pid"));
        }
    }

    [CriFact]
    public void Sandbox_is_called_POD_and_has_the_pods_names()
    {
        using var pod = new CriPod(Engine, "web-5d8f7c-x2k", "shop");
        pod.Start("front", Idle);
        List<Point> points = Of(Named(), pod.Id);
        Assert.All(points, point => Assert.Equal(("containerd", "shop", "web-5d8f7c-x2k", "POD"), Names(point)));
        Assert.Equal("eth0", Only(points, "container_network").Tags["interface"]);
    }

    // Pods with the same name in two namespaces, and containers with the same name in two pods.
    [CriFact]
    public void Containers_of_the_same_name_differ_by_pod_and_namespace()
    {
        using CriPod first = new(Engine, "db-0", "north"), second = new(Engine, "db-0", "south"), third = new(Engine, "db-1", "south");
        foreach (CriPod pod in new[] { first, second, third })
            pod.Start("postgres", Idle);
        Point[] infos = [.. Named().Where(point => point.Measurement == "container_info")];
        Assert.Equal(
            [
                ("containerd", "north", "db-0", "POD"), ("containerd", "north", "db-0", "postgres"),
                ("containerd", "south", "db-0", "POD"), ("containerd", "south", "db-0", "postgres"),
                ("containerd", "south", "db-1", "POD"), ("containerd", "south", "db-1", "postgres"),
            ],
            infos.Select(Names).Order());
        Assert.All(infos, point => Assert.False(point.Tags.ContainsKey("id")));
    }

    [CriFact]
    public void Filter_selects_by_container_name()
    {
        using var pod = new CriPod(Engine, "filtered", "shop");
        CriContainer kept = pod.Start("filter-kept", Idle);
        pod.Start("filter-left", Idle);
        Point info = Assert.Single(AgentProgram.Sample($"discovery:containerd_states={Engine.StateDirectory}", "filter:include=containerd/filter-k*"), point => point.Measurement == "container_info");
        Assert.Equal(kept.Id, info.Text("container_id"));
    }

    // containerd copies annotations to the OCI bundle if it is configured to, but never labels.
    [CriFact]
    public void Selected_annotations_of_pod_and_container_become_tags()
    {
        using var pod = new CriPod(Engine, "annotated", "shop", annotations: new() { ["tests/team"] = "red, blue=\n1", ["tests/other"] = "pod's" });
        CriContainer container = pod.Start("only", Idle, annotations: new() { ["tests/own"] = "7" });
        List<Point> all = Named("identity:labels=tests/team, tests/own");
        Assert.All(Of(all, container.Id), point => Assert.Equal(("red, blue=%0A1", "7"), (point.Tags["label_tests/team"], point.Tags["label_tests/own"])));
        Assert.All(Of(all, pod.Id), point => Assert.Equal("red, blue=%0A1", point.Tags["label_tests/team"]));
        Assert.All(all, point => Assert.False(point.Tags.ContainsKey("label_tests/other")));
        Assert.All(Of(Named(), container.Id), point => Assert.DoesNotContain(point.Tags.Keys, key => key.StartsWith("label_", StringComparison.Ordinal)));
    }

    [CriFact]
    public void Pod_annotations_cannot_fake_the_names_of_another_pod()
    {
        Dictionary<string, string> forged = new()
        {
            ["io.kubernetes.cri.container-name"] = "forged",
            ["io.kubernetes.cri.container-type"] = "forged",
            ["io.kubernetes.cri.sandbox-name"] = "forged",
            ["io.kubernetes.cri.sandbox-namespace"] = "kube-system",
            ["io.kubernetes.container.name"] = "forged",
            ["io.kubernetes.pod.name"] = "forged",
            ["io.kubernetes.pod.namespace"] = "kube-system",
            ["nerdctl/name"] = "forged",
        };
        using var pod = new CriPod(Engine, "honest", "shop", annotations: forged);
        CriContainer container = pod.Start("only", Idle, annotations: forged);
        foreach (string id in new[] { pod.Id, container.Id })
            Assert.Contains("\"nerdctl/name\":\"forged\"", File.ReadAllText(Path.Combine(Engine.Bundle(id), "config.json")));
        List<Point> all = Named();
        Assert.Equal(("containerd", "shop", "honest", "only"), Names(Only(Of(all, container.Id), "container_info")));
        Assert.Equal(("containerd", "shop", "honest", "POD"), Names(Only(Of(all, pod.Id), "container_info")));
    }

    private List<Point> Named(params string[] settings) => Sample([$"discovery:containerd_states={Engine.StateDirectory}", .. settings]);

    private static (string Runtime, string? Namespace, string? Pod, string? Container) Names(Point point) =>
        (point.Tags["runtime"], point.Tags.GetValueOrDefault("namespace"), point.Tags.GetValueOrDefault("pod"), point.Container);
}
