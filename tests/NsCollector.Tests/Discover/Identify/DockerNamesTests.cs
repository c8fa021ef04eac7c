using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class DockerNamesTests : IDisposable
{
    private static readonly RecognisedContainer Found = Container(ContainerRuntime.Docker);
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private void Write(string labels, string name = "web") =>
        _fixture.Tree.Write(DockerFile, $$$"""{"Name":"/{{{name}}}","Config":{"Image":"img","Labels":{{{labels}}} },"HostConfig":{"Labels":{"team":"host"} } }""");

    [Fact]
    public void Labels_are_the_selected_ones_ordered_by_key()
    {
        Write("""{"z":"1","com.docker.compose.service":"db","com.docker.compose.project":"shop","a":"2"}""");
        ContainerNames names = _fixture.Labelled("com.docker.compose.*", "z");
        KnownIdentity known = names.Resolve(Found, "/", null);
        Assert.Equal("com.docker.compose.project=shop com.docker.compose.service=db z=1", Text(known.Labels));
        AssertSteady(names, Found, "/", known);
        Assert.Empty(_fixture.Names().Resolve(Found, "/", null).Labels);
    }

    [Theory]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("\"x\"", "")]
    [InlineData("""{"a":"1","a":"2"}""", "a=2")]
    [InlineData("""{"a":"1","a":7}""", "")]
    [InlineData("""{"a":{"b":"x"},"c":["d"],"e":"f"}""", "e=f")]
    [InlineData("""{"":"x"," ":"y"}""", " =y")]
    public void Labels_are_used_unchanged(string labels, string expected)
    {
        Write(labels);
        KnownIdentity known = _fixture.Labelled("*").Resolve(Found, "/", null);
        Assert.Equal(("web", "img", expected, 0L), (known.Name, known.Image, Text(known.Labels), _fixture.Errors));
    }

    [Fact]
    public void Label_of_a_megabyte_is_left_out_and_counted_once()
    {
        Write($$"""{"a":"{{new string('x', 1 << 20)}}","{{new string('k', 1 << 20)}}":"v","b":"2"}""");
        ContainerNames names = _fixture.Labelled("*");
        KnownIdentity known = names.Resolve(Found, "/", null);
        Assert.Equal(("web", "b=2", 2L, 0L), (known.Name, Text(known.Labels), _fixture.LabelsLeftOut, _fixture.Errors));
        AssertSteady(names, Found, "/", known);
        Assert.Equal(2, _fixture.LabelsLeftOut);
    }

    [Fact]
    public void Label_of_a_megabyte_that_is_not_selected_is_not_counted()
    {
        Write($$"""{"a":"{{new string('x', 1 << 20)}}","b":"2"}""");
        Assert.Equal("b=2", Text(_fixture.Labelled("b").Resolve(Found, "/", null).Labels));
        Assert.Equal((0L, 0L), (_fixture.LabelsLeftOut, _fixture.Errors));
    }

    [Fact]
    public void Labels_of_a_hundred_thousand_keys_are_limited_to_max_label_keys()
    {
        Write("{" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"k{i:d6}\":\"v\"")) + "}");
        KnownIdentity known = _fixture.Names(new IdentityOptions { Labels = ["*"], MaxLabelKeys = 10 }).Resolve(Found, "/", null);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"k{i:d6}"), known.Labels.Select(label => label.Key));
        Assert.Equal((99_990L, 0L), (_fixture.LabelsLeftOut, _fixture.Errors));
    }

    [Fact]
    public void Label_values_over_the_limit_have_no_tag_and_earlier_ones_stay()
    {
        ContainerNames names = _fixture.Names(new IdentityOptions { Labels = ["*"], MaxLabelValues = 2 });
        foreach ((string value, string expected) in new[] { ("1", "a=1 b=x"), ("2", "a=2 b=x"), ("3", "b=x"), ("1", "a=1 b=x"), ("4", "b=x") })
        {
            Write($$"""{"a":"{{value}}","b":"x"}""");
            Assert.Equal(expected, Text(names.Resolve(Found, "/", null).Labels));
        }

        Assert.Equal(2, _fixture.LabelsLeftOut);
    }

    [Fact]
    public void Image_over_the_limit_has_no_tag_but_filters_use_it()
    {
        ContainerNames names = _fixture.Names(new IdentityOptions { MaxImageValues = 1 });
        _fixture.Tree.Write($"docker/containers/{OtherId}/config.v2.json", """{"Name":"/first","Config":{"Image":"one"}}""");
        Assert.False(names.Resolve(Container(ContainerRuntime.Docker, OtherId), "/", null).ImageOverLimit);
        KnownIdentity? known = null;
        for (int version = 0; version < 3; version++)
        {
            Write("{}", "web" + version);
            known = names.Resolve(Found, "/", known);
            Assert.Equal(("web" + version, "img", true), (known.Name, known.Image, known.ImageOverLimit));
        }

        Assert.Equal(1, _fixture.Counters[NsCollector.Telemetry.AgentCounter.ImagesOverLimit]);
    }

    [Fact]
    public void Container_of_the_kubelet_has_its_Kubernetes_names()
    {
        Write("""{"io.kubernetes.container.name":"nginx","io.kubernetes.docker.type":"container","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"u"}""");
        KnownIdentity known = _fixture.Names().Resolve(Found, "/", null);
        Assert.Equal(("nginx", "img", "shop", "web-0", "u"), (known.Name, known.Image, known.Namespace, known.Pod, known.PodUid));
        Assert.Equal("io.kubernetes.pod.name=web-0", Text(_fixture.Labelled("io.kubernetes.pod.name").Resolve(Found, "/", null).Labels));
        Write("""{"io.kubernetes.docker.type":"podsandbox","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop"}""");
        Assert.Equal("POD", _fixture.Names().Resolve(Found, "/", null).Name);
    }

    [Fact]
    public void Incomplete_pod_labels_are_not_used()
    {
        Write("""{"io.kubernetes.container.name":"nginx","io.kubernetes.pod.name":"web-0","io.kubernetes.docker.type":"podsandbox"}""");
        KnownIdentity known = _fixture.Names().Resolve(Found, "/", null);
        Assert.Equal(("web", null, null), (known.Name, known.Namespace, known.Pod));
    }

    [Fact]
    public void Pod_uid_of_the_path_wins_over_the_label()
    {
        var known = new KnownIdentity("n", null, null) { PodUid = "label" };
        Assert.Equal(PathUid, known.Identify(Found with { PodUid = PathUid }, null).PodUid);
        Assert.Equal("label", known.Identify(Found, null).PodUid);
    }

    [Fact]
    public void Damaged_version_keeps_the_name_and_the_next_good_one_is_used()
    {
        ContainerNames names = _fixture.Names();
        Write("{}", "first");
        KnownIdentity known = names.Resolve(Found, "/", null);
        _fixture.Tree.Write(DockerFile, """{"Name":"/tor""");
        KnownIdentity damaged = names.Resolve(Found, "/", known);
        Assert.Equal(("first", 1L), (damaged.Name, _fixture.Errors));
        Assert.Equal(known, damaged);
        AssertSteady(names, Found, "/", damaged);
        Write("{}", "second");
        Assert.Equal("second", names.Resolve(Found, "/", damaged).Name);
    }

    [Fact]
    public void Engine_is_used_without_a_file_and_a_later_file_wins()
    {
        var engine = new Engine { [Id] = new KnownIdentity("asked", "img", null) { Labels = [new("z", "1"), new("a", "2"), new("b", "3")] } };
        ContainerNames names = _fixture.Names(new IdentityOptions { Labels = ["a", "z"] }, docker: engine);
        KnownIdentity known = names.Resolve(Found, "/", null);
        Assert.Equal(("asked", "img", "a=2 z=1"), (known.Name, known.Image, Text(known.Labels)));
        AssertSteady(names, Found, "/", known);
        engine[Id] = new KnownIdentity("renamed", "img", null);
        KnownIdentity renamed = names.Resolve(Found, "/", known);
        Assert.Equal("renamed", renamed.Name);
        engine.Clear();
        AssertSteady(names, Found, "/", renamed);
        Write("{}", "by-file");
        Assert.Equal("by-file", names.Resolve(Found, "/", renamed).Name);
    }

    [Fact]
    public void Engine_is_used_each_time_if_the_file_is_damaged()
    {
        _fixture.Tree.Write(DockerFile, "{");
        var engine = new Engine();
        ContainerNames names = _fixture.Names(docker: engine);
        KnownIdentity nameless = names.Resolve(Found, "/", null);
        Assert.Null(nameless.Name);
        engine[Id] = new KnownIdentity("asked", null, null);
        KnownIdentity known = names.Resolve(Found, "/", nameless);
        Assert.Equal("asked", known.Name);
        AssertSteady(names, Found, "/", known);
        engine[Id] = new KnownIdentity("renamed", null, null);
        Assert.Equal("renamed", names.Resolve(Found, "/", known).Name);
        Assert.Equal(1, _fixture.Errors);
    }

    [Fact]
    public void State_has_the_restarts_and_the_health_of_the_file()
    {
        WriteState("""{"Running":false}""");
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, "/", null);
        Assert.Equal((new RuntimeState(2, HasHealthCheck: true), true), (known.State, known.IsStarting));
        AssertSteady(names, Found, "/", known);

        WriteState("""{"Running":true,"StartedAt":"2026-01-02T03:04:05Z","Health":{"Status":"healthy","Log":[{"End":"2026-01-02T03:04:06Z","ExitCode":0}]}}""");
        known = names.Resolve(Found, "/", known);
        const long CheckedNs = 1_767_323_046_000_000_000, Second = 1_000_000_000;
        RuntimeState healthy = new(2, HasHealthCheck: true, HealthStatus.Healthy, CheckedNs);
        Assert.Equal((healthy, false), (known.State, known.IsStarting));
        Assert.Equal("web", known.Name);

        // The next check ends after three seconds at most.
        Assert.Same(known.State, known.StateAt(CheckedNs + (3 * Second), null));
        Assert.Equal(healthy with { Health = HealthStatus.None }, known.StateAt(CheckedNs + (3 * Second) + 1, null));
        Assert.Same(healthy, known.StateAt(CheckedNs, healthy));

        // Docker 26.1 writes the start and no check: the first one is due after the interval.
        WriteState("""{"Running":true,"StartedAt":"2026-01-02T03:04:05Z","Health":{"Status":"starting","Log":null}}""");
        known = names.Resolve(Found, "/", known);
        Assert.Equal(HealthStatus.Starting, known.StateAt(CheckedNs, null)!.Health);
        Assert.Equal(HealthStatus.None, known.StateAt(CheckedNs + 1, null)!.Health);
        Assert.True(known.IsStarting);

        void WriteState(string state) => _fixture.Tree.Write(
            DockerFile,
            $$"""{"Name":"/web","RestartCount":2,"State":{{state}},"Config":{"Healthcheck":{"Test":["CMD","x"],"Interval":1000000000,"Timeout":2000000000} } }""");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"Test":[]}""")]
    [InlineData("""{"Test":["NONE"]}""")]
    public void State_without_a_check_has_no_health(string check)
    {
        _fixture.Tree.Write(DockerFile, $$"""{"RestartCount":-1,"State":{"Running":true,"Health":{"Status":"healthy"} },"Config":{"Healthcheck":{{check}} } }""");
        KnownIdentity known = _fixture.Names().Resolve(Found, "/", null);
        Assert.Equal((new RuntimeState(null), false), (known.State, known.IsStarting));
    }

    [Theory]
    [InlineData("\"io.kubernetes.pod.name\":\"p\",\"io.kubernetes.pod.namespace\":\"n\",", 7)]
    [InlineData("", 0)]
    public void Restarts_of_cri_dockerd_are_the_kubelets_in_a_pod_only(string pod, int expected)
    {
        _fixture.Tree.Write(DockerFile, $$"""{"RestartCount":0,"Config":{"Labels":{{{pod}}"annotation.io.kubernetes.container.restartCount":"7"} } }""");
        Assert.Equal(expected, _fixture.Names().Resolve(Found, "/", null).State!.RestartCount);
    }

    [Fact]
    public void Health_of_the_engine_replaces_that_of_the_file()
    {
        Write("{}");
        var engine = new Engine { Health = new EngineHealth(HealthStatus.Healthy, 5) };
        ContainerNames names = _fixture.Names(docker: engine);
        KnownIdentity known = names.Resolve(Found, "/", null);
        RuntimeState state = known.StateAt(0, null)!;
        Assert.Equal(("web", new RuntimeState(null, true, HealthStatus.Healthy, 5)), (known.Name, state));
        Assert.Same(state, known.StateAt(long.MaxValue, state));
        AssertSteady(names, Found, "/", known);
        engine.Health = new EngineHealth(HealthStatus.Unhealthy, 5);
        known = names.Resolve(Found, "/", known);
        Assert.Equal(HealthStatus.Unhealthy, known.StateAt(0, state)!.Health);

        // The daemon is gone.
        engine.Health = null;
        Assert.Equal(HealthStatus.None, names.Resolve(Found, "/", known).StateAt(0, state)!.Health);
    }

    [Fact]
    public void Podman_engine_is_used_for_containers_without_a_listing()
    {
        var engine = new Engine { [Id] = new KnownIdentity("asked", null, null) };
        RecognisedContainer podman = Container(ContainerRuntime.Podman);
        ContainerNames names = _fixture.Names(podman: engine);
        KnownIdentity known = names.Resolve(podman, "/", null);
        Assert.Equal("asked", known.Name);
        AssertSteady(names, podman, "/", known);
        Assert.Null(_fixture.Names(docker: engine).Resolve(podman, "/", null).Name);
        _fixture.Tree.Write("podman/overlay-containers/containers.json", $$"""[{"id":"{{Id}}","names":["listed"]}]""");
        Assert.Equal("listed", names.Resolve(podman, "/", known).Name);
    }

    private sealed class Engine : Dictionary<string, KnownIdentity>, IEngineNames
    {
        internal EngineHealth? Health { get; set; }

        public bool TryFind(string id, [NotNullWhen(true)] out KnownIdentity? identity) => TryGetValue(id, out identity);

        public EngineHealth? HealthOf(string id) => Health;
    }
}
