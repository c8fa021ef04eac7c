using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class ContainerdNamesTests : IDisposable
{
    private const string Tasks = "run/containerd/io.containerd.runtime.v2.task/";

    // The shape of a bundle that containerd's CRI plugin writes, shortened; the same keys also occur in other places.
    private const string Member = """
        {"ociVersion":"1.0.2-dev","process":{"env":["annotations={}"],"annotations":{"io.kubernetes.cri.container-name":"inner"}},"hostname":"web-6d4f",
        "annotations":{"io.kubernetes.cri.container-name":"nginx","io.kubernetes.cri.container-type":"container","io.kubernetes.cri.image-name":"docker.io/library/nginx:1.25",
        "io.kubernetes.cri.sandbox-id":"0f1d","io.kubernetes.cri.sandbox-name":"web-6d4f","io.kubernetes.cri.sandbox-namespace":"shop","io.kubernetes.cri.sandbox-uid":"aaaaaaaa-2222-3333-4444-555555555555"},
        "linux":{"cgroupsPath":"kubepods","annotations":{"io.kubernetes.cri.sandbox-name":"deep"}}}
        """;

    private static readonly RecognisedContainer Found = Container(ContainerRuntime.Containerd);
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private string Write(string json, string @namespace = "k8s.io", string id = Id) => _fixture.Tree.Write($"{Tasks}{@namespace}/{id}/config.json", json);

    [Fact]
    public void Container_of_a_pod_has_its_Kubernetes_names()
    {
        Write(Member);
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, "/", null);
        Assert.Equal(
            ("nginx", "docker.io/library/nginx:1.25", "shop", "web-6d4f", "aaaaaaaa-2222-3333-4444-555555555555", 0L),
            (known.Name, known.Image, known.Namespace, known.Pod, known.PodUid, _fixture.Errors));
        Assert.Empty(known.Labels);
        AssertSteady(names, Found, "/", known);
    }

    [Fact]
    public void Sandbox_is_called_POD()
    {
        Write("""{"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"web","io.kubernetes.cri.sandbox-namespace":"shop"}}""");
        KnownIdentity known = _fixture.Names().Resolve(Found, "/", null);
        Assert.Equal(("POD", null, "shop", "web"), (known.Name, known.Image, known.Namespace, known.Pod));
    }

    [Fact]
    public void Nerdctl_name_is_used_in_any_namespace_and_ctr_has_none()
    {
        Write("""{"annotations":{"nerdctl/name":"db"}}""", "default");
        Write("{}", "default", OtherId);
        ContainerNames names = _fixture.Names();
        KnownIdentity named = names.Resolve(Found, "/", null);
        Assert.Equal("db", named.Name);
        AssertSteady(names, Found, "/", named);
        RecognisedContainer other = Container(ContainerRuntime.Containerd, OtherId);
        KnownIdentity nameless = names.Resolve(other, "/", null);
        Assert.Null(nameless.Name);
        AssertSteady(names, other, "/", nameless);
        Assert.Equal(0, _fixture.Errors);
    }

    [Fact]
    public void New_namespace_is_found_and_missing_bundle_allocates_nothing()
    {
        Write("{}", "default", OtherId);
        Directory.SetLastWriteTimeUtc(Path.Combine(_fixture.Tree.Path, Tasks), DateTime.UtcNow.AddHours(-1));
        ContainerNames names = _fixture.Names();
        AssertSteady(names, Found, "/", names.Resolve(Found, "/", null));
        Write("""{"annotations":{"nerdctl/name":"late"}}""", "tenant");
        Assert.Equal("late", names.Resolve(Found, "/", null).Name);
    }

    [Fact]
    public void Namespace_of_Kubernetes_comes_first_then_the_configured_order()
    {
        Write("""{"annotations":{"nerdctl/name":"a"}}""", "a");
        Assert.Equal("a", _fixture.Names().Resolve(Found, "/", null).Name);
        Write("""{"annotations":{"io.kubernetes.cri.container-name":"k"}}""");
        Assert.Equal("k", _fixture.Names().Resolve(Found, "/", null).Name);
        _fixture.Tree.Write($"state/io.containerd.runtime.v2.task/x/{Id}/config.json", """{"annotations":{"nerdctl/name":"elsewhere"}}""");
        Assert.Equal("elsewhere", _fixture.Names(with: o => o with { ContainerdStates = [_fixture.Tree.Path + "/state", _fixture.Tree.Path + "/run/containerd"] }).Resolve(Found, "/", null).Name);
    }

    [Fact]
    public void State_of_k3s_below_run_is_read()
    {
        _fixture.Tree.Write($"run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/{Id}/config.json", Member);
        Assert.Equal("nginx", _fixture.Names().Resolve(Found, "/", null).Name);
    }

    [Fact]
    public void Selected_annotations_are_labels_ordered_by_key()
    {
        Write("""{"annotations":{"team":"b","nerdctl/name":"x","app":"a\n,=\"","empty":"","number":7}}""");
        KnownIdentity known = _fixture.Labelled("app", "team", "empty", "number").Resolve(Found, "/", null);
        Assert.Equal("app=a\n,=\" team=b", Text(known.Labels));
        Assert.Equal("nerdctl/name=x", Text(_fixture.Labelled("nerdctl/*").Resolve(Found, "/", null).Labels));
        Assert.Equal(0, _fixture.LabelsLeftOut);
    }

    [Fact]
    public void Keys_of_other_runtimes_are_not_used()
    {
        Write("""{"annotations":{"io.kubernetes.container.name":"spoof","io.kubernetes.pod.name":"spoof","io.kubernetes.pod.namespace":"spoof","io.kubernetes.cri-o.ImageName":"spoof"}}""");
        Assert.Equal(KnownIdentity.Nothing, _fixture.Names().Resolve(Found, "/", null));
    }

    [Fact]
    public void Namespaces_over_the_limit_are_counted_once()
    {
        for (int i = 0; i < 300; i++) Directory.CreateDirectory(Path.Combine(_fixture.Tree.Path, Tasks, $"n{i:d3}"));
        Directory.SetLastWriteTimeUtc(Path.Combine(_fixture.Tree.Path, Tasks), DateTime.UtcNow.AddHours(-1));
        ContainerNames names = _fixture.Names();
        for (int i = 0; i < 3; i++) names.Resolve(Found, "/", null);
        Assert.Equal(300 - 256, _fixture.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("my-web")]
    [InlineData("../../x")]
    public void Only_an_id_is_used_in_a_path(string id)
    {
        _fixture.Tree.Write(Tasks + "config.json", Member);
        _fixture.Tree.Write(Tasks + "k8s.io/my-web/config.json", Member);
        _fixture.Tree.Write("run/containerd/x/config.json", Member);
        Assert.Equal(KnownIdentity.Nothing, _fixture.Names().Resolve(Container(ContainerRuntime.Containerd, id), "/", null));
    }
}
