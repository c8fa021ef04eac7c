using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class CrioNamesTests : IDisposable
{
    private const string Bundle = "run/containers/storage/overlay-containers/" + Id + "/userdata/config.json";

    private const string Member = """
        {"hostname":"web","annotations":{"io.container.manager":"cri-o","io.kubernetes.container.name":"nginx","io.kubernetes.cri-o.ContainerType":"container",
        "io.kubernetes.cri-o.Image":"ffaa","io.kubernetes.cri-o.ImageName":"quay.io/nginx:1","io.kubernetes.cri-o.Labels":"{\"app\":\"web\",\"io.kubernetes.pod.name\":\"web-0\",\"team\":\"\\u00e9,=\"}",
        "io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"aaaaaaaa-2222-3333-4444-555555555555"}}
        """;

    private static readonly RecognisedContainer Found = Container(ContainerRuntime.Crio);
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Container_of_a_pod_has_its_Kubernetes_names()
    {
        _fixture.Tree.Write(Bundle, Member);
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, "/", null);
        Assert.Equal(
            ("nginx", "quay.io/nginx:1", "shop", "web-0", "aaaaaaaa-2222-3333-4444-555555555555", 0L),
            (known.Name, known.Image, known.Namespace, known.Pod, known.PodUid, _fixture.Errors));
        AssertSteady(names, Found, "/", known);
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("-1", null)]
    [InlineData("99999999999", null)]
    [InlineData("x", null)]
    public void Restart_count_is_the_kubelets(string text, int? expected)
    {
        _fixture.Tree.Write(Bundle, Member.Replace("\"io.container.manager\"", $"\"io.kubernetes.container.restartCount\":\"{text}\",\"io.container.manager\"", StringComparison.Ordinal));
        Assert.Equal(expected, _fixture.Names().Resolve(Found, "/", null).State?.RestartCount);
    }

    [Fact]
    public void Labels_are_of_the_labels_annotation_and_not_other_annotations()
    {
        _fixture.Tree.Write(Bundle, Member);
        Assert.Equal("app=web io.kubernetes.pod.name=web-0 team=é,=", Text(_fixture.Labelled("*").Resolve(Found, "/", null).Labels));
        Assert.Equal("team=é,=", Text(_fixture.Labelled("t*").Resolve(Found, "/", null).Labels));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{\"app\":\"web\",""")]
    [InlineData("""{\"app\":\"web\"} x""")]
    [InlineData("\\ud800")]
    public void Malformed_labels_lose_only_the_labels(string text)
    {
        _fixture.Tree.Write(Bundle, $$$"""{"annotations":{"io.kubernetes.cri-o.Labels":"{{{text}}}","io.kubernetes.container.name":"nginx"}}""");
        ContainerNames names = _fixture.Labelled("*");
        KnownIdentity known = names.Resolve(Found, "/", null);
        Assert.Equal(("nginx", 0, 1L), (known.Name, known.Labels.Length, _fixture.Errors));
        AssertSteady(names, Found, "/", known);
        Assert.Equal(1, _fixture.Errors);
    }

    [Fact]
    public void Sandbox_is_called_POD()
    {
        _fixture.Tree.Write(Bundle, """{"annotations":{"io.kubernetes.cri-o.ContainerType":"sandbox","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop"}}""");
        KnownIdentity known = _fixture.Names().Resolve(Found, "/", null);
        Assert.Equal(("POD", "shop", "web-0"), (known.Name, known.Namespace, known.Pod));
    }

    [Fact]
    public void Other_drivers_and_run_roots_are_searched()
    {
        _fixture.Tree.Write($"root/vfs-containers/{Id}/userdata/config.json", Member);
        Assert.Null(_fixture.Names().Resolve(Found, "/", null).Name);
        Assert.Equal("nginx", _fixture.Names(with: o => o with { CrioRunRoots = [_fixture.Tree.Path + "/root"] }).Resolve(Found, "/", null).Name);
    }
}
