using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class OrchestratorTagsTests : IDisposable
{
    private const string Labels = """
        "com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.oneoff":"False","team":"a"
        """;

    private const string CrioPlace = "run/containers/storage/overlay-containers/";

    private static readonly RecognisedContainer Docker = Container(ContainerRuntime.Docker);
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Compose_and_Swarm_are_tags_without_any_selected_label()
    {
        WriteDocker(Labels + ""","com.docker.swarm.service.name":"shop_web" """);
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Docker, "/", null);
        Assert.Equal("compose_project=shop compose_service=web swarm_service=shop_web", Text(known.OrchestratorTags));
        Assert.Empty(known.Labels);
        ContainerIdentity identity = known.Identify(Docker, null);
        Assert.Equal("compose_project=shop compose_service=web swarm_service=shop_web", Text(identity.OrchestratorTags));
        AssertSteady(names, Docker, "/", known);
    }

    // Recorded from dockerd 29.7. cAdvisor showed container_env_tier="front" for this container.
    [Fact]
    public void Recorded_state_of_Docker_has_the_tags_and_the_variable()
    {
        using var reader = new StreamReader(typeof(OrchestratorTagsTests).Assembly.GetManifestResourceStream("Docker29/shop-web-1.json")!);
        _fixture.Tree.Write(DockerFile, reader.ReadToEnd());
        KnownIdentity known = _fixture.Names(new IdentityOptions { Environment = ["TIER"] }).Resolve(Docker, "/", null);
        Assert.Equal(("compose_project=shop compose_service=web", "TIER=front", 0L), (Text(known.OrchestratorTags), Text(known.Environment), _fixture.Errors));
    }

    [Fact]
    public void Switch_removes_the_tags_and_keeps_selected_labels()
    {
        WriteDocker(Labels);
        KnownIdentity known = _fixture.Names(new IdentityOptions { OrchestratorTags = false, Labels = ["com.docker.compose.p*"] }).Resolve(Docker, "/", null);
        Assert.Empty(known.OrchestratorTags);
        Assert.Equal("com.docker.compose.project=shop", Text(known.Labels));
    }

    [Theory]
    [InlineData("\"io.podman.compose.project\":\"pod\"", "compose_project=pod")]
    [InlineData("\"io.podman.compose.project\":\"pod\",\"com.docker.compose.project\":\"shop\"", "compose_project=shop")]
    [InlineData("\"com.docker.compose.project\":\"\"", "")]
    [InlineData("\"com.docker.compose.projects\":\"x\"", "")]
    [InlineData("\"pod-template-generation\":\"1\"", "")]
    public void Label_gives_its_tag_only_with_its_exact_key(string labels, string expected)
    {
        WriteDocker(labels);
        Assert.Equal(expected, Text(_fixture.Names().Resolve(Docker, "/", null).OrchestratorTags));
    }

    [Fact]
    public void Values_over_the_limit_are_left_out_and_counted()
    {
        ContainerNames names = _fixture.Names(new IdentityOptions { MaxOrchestratorValues = 1 });
        WriteDocker("\"com.docker.compose.project\":\"one\"");
        Assert.Equal("compose_project=one", Text(names.Resolve(Docker, "/", null).OrchestratorTags));
        WriteDocker("\"com.docker.compose.project\":\"two\",\"com.docker.compose.service\":\"web\"");
        Assert.Equal("compose_service=web", Text(names.Resolve(Docker, "/", null).OrchestratorTags));
        Assert.Equal(1, _fixture.LabelsLeftOut);
    }

    [Fact]
    public void Long_key_of_a_label_that_nobody_selected_is_not_counted()
    {
        WriteDocker(Labels + $",\"{new string('k', 400)}\":\"v\"");
        Assert.Equal("compose_project=shop compose_service=web", Text(_fixture.Names().Resolve(Docker, "/", null).OrchestratorTags));
        Assert.Equal(0, _fixture.LabelsLeftOut);
        _fixture.Labelled("*").Resolve(Docker, "/", null);
        Assert.Equal(1, _fixture.LabelsLeftOut);
    }

    [Fact]
    public void Tags_stay_if_a_new_version_of_the_file_is_damaged()
    {
        WriteDocker(Labels);
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Docker, "/", null);
        _fixture.Tree.Write(DockerFile, "{");
        KnownIdentity after = names.Resolve(Docker, "/", known);
        Assert.NotSame(known, after);
        Assert.Equal("compose_project=shop compose_service=web", Text(after.OrchestratorTags));
    }

    [Fact]
    public void Owner_of_a_container_of_CRI_O_is_that_of_its_sandbox()
    {
        WriteCrio(Id, "container", "app", "{}");
        WriteCrio(OtherId, "sandbox", "POD", """{\"app\":\"web\",\"pod-template-hash\":\"7d9f8c6b5\"}""");
        ContainerNames names = _fixture.Labelled("*");
        RecognisedContainer container = Container(ContainerRuntime.Crio);
        KnownIdentity known = names.Resolve(container, "/", null);
        Assert.Equal("owner=Deployment/web", Text(known.OrchestratorTags));
        Assert.Empty(known.Labels);
        AssertSteady(names, container, "/", known);
        Assert.Equal("owner=Deployment/web", Text(names.Resolve(Container(ContainerRuntime.Crio, OtherId), "/", null).OrchestratorTags));
        Assert.Equal(0, _fixture.Errors);
    }

    [Theory]
    [InlineData("other-7d9f8c6b5-x2x4z", "prod")]
    [InlineData("web-7d9f8c6b5-x2x4z", "elsewhere")]
    public void Sandbox_of_another_pod_gives_no_owner(string pod, string space)
    {
        WriteCrio(Id, "container", "app", "{}");
        WriteCrio(OtherId, "sandbox", "POD", """{\"pod-template-hash\":\"7d9f8c6b5\"}""", pod, space);
        Assert.Empty(_fixture.Names().Resolve(Container(ContainerRuntime.Crio), "/", null).OrchestratorTags);
    }

    [Theory]
    [InlineData("../../../etc")]
    [InlineData("")]
    [InlineData(Id)]
    public void Sandbox_with_a_hostile_or_own_id_is_not_read(string sandbox)
    {
        WriteCrio(Id, "container", "app", """{\"pod-template-hash\":\"x\"}""", sandbox: sandbox);
        KnownIdentity known = _fixture.Names().Resolve(Container(ContainerRuntime.Crio), "/", null);
        Assert.Equal("app", known.Name);
        Assert.Empty(known.OrchestratorTags);
    }

    private void WriteDocker(string labels) => _fixture.Tree.Write(DockerFile, $$$$"""{"Name":"/web","Config":{"Labels":{{{{{labels}}}}}}}""");

    private void WriteCrio(string id, string type, string name, string labels, string pod = "web-7d9f8c6b5-x2x4z", string space = "prod", string sandbox = OtherId) =>
        _fixture.Tree.Write($"{CrioPlace}{id}/userdata/config.json", $$$"""
            {"annotations":{"io.kubernetes.container.name":"{{{name}}}","io.kubernetes.cri-o.ContainerType":"{{{type}}}","io.kubernetes.cri-o.Labels":"{{{labels}}}",
            "io.kubernetes.cri-o.SandboxID":"{{{sandbox}}}","io.kubernetes.pod.name":"{{{pod}}}","io.kubernetes.pod.namespace":"{{{space}}}"}}
            """);
}
