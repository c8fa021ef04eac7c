using NsCollector.RuntimeTests.LineProtocol;

namespace NsCollector.RuntimeTests.Containerd;

/// <summary>What containerd says of its containers, where a real one puts it.</summary>
public sealed class ContainerdTests
{
    private static string Id(char digit) => new(digit, 64);

    [ContainerdFact]
    public void Containers_have_the_names_and_labels_that_their_bundles_say()
    {
        using var containerd = new ContainerdEngine();
        string[] pod = ["io.kubernetes.cri.sandbox-name=web-0", "io.kubernetes.cri.sandbox-namespace=shop"];
        containerd.Start("k8s.io", Id('a'), [.. pod, "io.kubernetes.cri.container-type=sandbox"]);
        containerd.Start("k8s.io", Id('b'), [.. pod, "io.kubernetes.cri.container-type=container", "io.kubernetes.cri.container-name=nginx", "io.kubernetes.cri.image-name=quay.io/nginx:1", "team=a b"]);
        containerd.Start("default", Id('c'), "nerdctl/name=db", "team=c,d=e");
        containerd.Start("default", Id('d'));

        List<Point> all = containerd.Sample("identity:labels=team");

        Assert.Equal(("POD", "shop", "web-0", null, null), Tags(Id('a')));
        Assert.Equal(("nginx", "shop", "web-0", "quay.io/nginx:1", "a b"), Tags(Id('b')));
        Assert.Equal(("db", null, null, null, "c,d=e"), Tags(Id('c')));
        Assert.Equal((Id('d')[..12], null, null, null, null), Tags(Id('d')));
        Assert.All(all.Where(point => point.Container is not null), point => Assert.Equal("containerd", point.Tags["runtime"]));

        (string?, string?, string?, string?, string?) Tags(string id)
        {
            Point info = Assert.Single(all, point => point.Measurement == "container_info" && point.Text("container_id") == id);
            return (Tag("container"), Tag("namespace"), Tag("pod"), Tag("image"), Tag("label_team"));

            string? Tag(string key) => info.Tags.GetValueOrDefault(key);
        }
    }
}
