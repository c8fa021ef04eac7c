using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Identify.Inside;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify.Inside;

/// <summary>State of runtimes inside a container, below the root of their programs in a procfs of the test.</summary>
public sealed class StateInsideTests : IDisposable
{
    private const string Outer = "/docker/" + OtherId;
    private const string Config = """{"Name":"/web","Config":{"Image":"nginx:1","Labels":{"team":"a"}}}""";
    private const string ConfigPath = "/containers/" + Id + "/config.v2.json";
    private const string Member = """
        {"annotations":{"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.container-name":"nginx","io.kubernetes.cri.sandbox-name":"web-0",
        "io.kubernetes.cri.sandbox-namespace":"shop","io.kubernetes.cri.image-name":"nginx:2"}}
        """;

    private readonly TemporaryDirectory _tree = new();
    private readonly List<StateFileOutcome> _failures = [];

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("", "", "var/lib/docker")]
    [InlineData("--data-root=/data/", "", "data")]
    [InlineData("-g /data", "", "data")]
    [InlineData("", """{"data-root":"/of/json"}""", "of/json")]
    public void Docker_container_is_found_below_the_daemons_root(string arguments, string json, string root)
    {
        Program(11, "dockerd", Outer + "/init", arguments.Split(' '));
        if (json != "") _tree.Write("proc/11/root/etc/docker/daemon.json", json);
        _tree.Write("proc/11/root/" + root + ConfigPath, Config);
        KnownIdentity known = Resolve(ContainerRuntime.Docker, 11);
        Assert.Equal(("web", "nginx:1", 0), (known.Name, known.Image, known.Labels.Length));
        Assert.Same(known, Resolve(ContainerRuntime.Docker, known, 11));
        Assert.Empty(_failures);
    }

    [Fact]
    public void Shim_without_its_daemon_leads_to_the_default_root()
    {
        Program(11, "containerd-shim", Outer, "--data-root=/elsewhere");
        _tree.Write("proc/11/root/var/lib/docker" + ConfigPath, Config);
        Assert.Equal("web", Resolve(ContainerRuntime.Docker, 11).Name);
    }

    [Theory]
    [InlineData("", "k8s.io", "/run/containerd", "shop/web-0/nginx")]
    [InlineData("--state /run/k3s/containerd", "k8s.io", "/run/k3s/containerd", "shop/web-0/nginx")]
    [InlineData("", "default", "/run/containerd", "shop/web-0/nginx")]
    [InlineData("", "elsewhere", "/run/containerd", null)]
    public void Containerd_container_of_a_pod_has_pod_and_namespace_in_its_name(string arguments, string space, string state, string? expected)
    {
        Program(11, "containerd", Outer, arguments.Split(' '));
        _tree.Write($"proc/11/root{state}/io.containerd.runtime.v2.task/{space}/{Id}/config.json", Member);
        KnownIdentity known = Resolve(ContainerRuntime.Containerd, 11);
        Assert.Equal((expected, null, null), (known.Name, known.Pod, known.Namespace));
    }

    [Fact]
    public void Container_of_CRI_O_is_found_in_its_bundle()
    {
        Program(11, "crio", Outer);
        _tree.Write($"proc/11/root/run/containers/storage/overlay-containers/{Id}/userdata/config.json",
            """{"annotations":{"io.kubernetes.container.name":"nginx","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop"}}""");
        Assert.Equal("shop/web-0/nginx", Resolve(ContainerRuntime.Crio, 11).Name);
    }

    [Fact]
    public void Container_of_podman_is_found_in_the_listings()
    {
        Program(11, "conmon", Outer);
        _tree.Write("proc/11/root/var/lib/containers/storage/overlay-containers/containers.json", $$"""[{"id":"{{Id}}","names":["web"],"metadata":"{\"image-name\":\"nginx:3\"}"}]""");
        KnownIdentity known = Resolve(ContainerRuntime.Podman, 11);
        Assert.Equal(("web", "nginx:3"), (known.Name, known.Image));
    }

    [Fact]
    public void Next_program_is_asked_if_one_knows_nothing()
    {
        Program(11, "dockerd", Outer);
        Program(12, "dockerd", Outer);
        _tree.Write("proc/12/root/var/lib/docker" + ConfigPath, Config);
        Assert.Equal("web", Resolve(ContainerRuntime.Docker, 10, 11, 12).Name);
    }

    [Theory]
    [InlineData("/docker/" + Id)]
    [InlineData("/system.slice/docker.service")]
    [InlineData("/")]
    public void Program_in_another_cgroup_says_nothing(string cgroup)
    {
        Program(11, "dockerd", cgroup);
        _tree.Write("proc/11/root/var/lib/docker" + ConfigPath, Config);
        Assert.Null(Resolve(ContainerRuntime.Docker, 11).Name);
    }

    [Fact]
    public void Program_with_the_hosts_root_says_nothing()
    {
        Program(11, "dockerd", Outer, $"--data-root={_tree.Path}/data");
        _tree.Write("data" + ConfigPath, Config);
        File.CreateSymbolicLink(_tree.Path + "/proc/11/root", "/");
        Assert.Null(Resolve(ContainerRuntime.Docker, 11).Name);
        Program(1, "init", "/");
        Directory.CreateDirectory(_tree.Path + "/proc/1/root");
        File.Delete(_tree.Path + "/proc/11/root");
        File.CreateSymbolicLink(_tree.Path + "/proc/11/root", "../1/root");
        _tree.Write("proc/1/root" + _tree.Path + "/data" + ConfigPath, Config);
        Assert.Null(Resolve(ContainerRuntime.Docker, 11).Name);
    }

    [Theory]
    [InlineData("{", nameof(StateFileOutcome.Read))]
    [InlineData(null, nameof(StateFileOutcome.TooLarge))]
    public void Bad_file_counts_once_and_keeps_the_name(string? text, string expected)
    {
        Program(11, "dockerd", Outer);
        _tree.Write("proc/11/root/var/lib/docker" + ConfigPath, Config);
        KnownIdentity known = Resolve(ContainerRuntime.Docker, 11);
        _tree.Write("proc/11/root/var/lib/docker" + ConfigPath, text ?? Config + new string(' ', StateInside.MaxBytes));
        for (int i = 0; i < 3; i++) known = Resolve(ContainerRuntime.Docker, known, 11);
        Assert.Equal("web", known.Name);
        Assert.Equal(expected, Assert.Single(_failures).ToString());
        _tree.Write("proc/11/root/var/lib/docker" + ConfigPath, Config.Replace("web", "web-2", StringComparison.Ordinal));
        Assert.Equal("web-2", Resolve(ContainerRuntime.Docker, known, 11).Name);
    }

    [Theory]
    [InlineData("mkdir")]
    [InlineData("mkfifo")]
    public void File_that_is_not_regular_is_not_opened(string program)
    {
        Program(11, "dockerd", Outer);
        Directory.CreateDirectory($"{_tree.Path}/proc/11/root/var/lib/docker/containers/{Id}");
        Command.Run(program, _tree.Path + "/proc/11/root/var/lib/docker" + ConfigPath);
        Assert.Null(Resolve(ContainerRuntime.Docker, 11).Name);
        Assert.Equal(StateFileOutcome.NotRegular, Assert.Single(_failures));
    }

    [Fact]
    public void Id_that_is_a_path_is_not_looked_up()
    {
        Program(11, "dockerd", Outer);
        _tree.Write("proc/11/root/var/lib/docker/config.v2.json", Config);
        Assert.Same(KnownIdentity.Nothing, State().Resolve(new InsideRequest(1, new RecognisedContainer(ContainerRuntime.Docker, "..", null, null) { Within = Outer }, [11], null)));
    }

    private StateInside State() => new(_tree.Path + "/proc", int.MaxValue, (_, outcome) => _failures.Add(outcome));

    private KnownIdentity Resolve(ContainerRuntime runtime, params int[] programs) => Resolve(runtime, null, programs);

    private KnownIdentity Resolve(ContainerRuntime runtime, KnownIdentity? previous, params int[] programs) =>
        State().Resolve(new InsideRequest(1, new RecognisedContainer(runtime, Id, null, null) { Within = Outer }, programs, previous));

    private void Program(int pid, string name, string cgroup, params string[] arguments)
    {
        _tree.Write($"proc/{pid}/comm", name + "\n");
        _tree.Write($"proc/{pid}/cgroup", $"4:pids:{cgroup}\n0::/\n");
        _tree.Write($"proc/{pid}/cmdline", string.Concat(arguments.Prepend("/usr/bin/" + name).Where(word => word != "").Select(word => word + "\0")));
    }
}
