using System.Text;
using Mono.Unix.Native;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover.Identify;

public sealed class ContainerNamesTests : IDisposable
{
    private const string Id = "4f1d2b7c9e0a3f5d6c8b7a9e1f2d3c4b5a69788796a5b4c3d2e1f0a9b8c7d6e5";
    private const string OtherId = "0f1d2b7c9e0a3f5d6c8b7a9e1f2d3c4b5a69788796a5b4c3d2e1f0a9b8c7d6e5";
    private const string DockerFile = "docker/containers/" + Id + "/config.v2.json";
    private const string Listing = "podman/overlay-containers/containers.json";
    private const string RootlessPath = "/user.slice/user-1234.slice/user@1234.service/user.slice/libpod-" + Id + ".scope";

    // The shape of moby's container.Container, shortened; the same keys also occur in other places, as in real files.
    private const string RealDocker = """
        {"StreamConfig":{},"State":{"Running":true,"Pid":4711,"StartedAt":"2024-05-01T10:00:00.123456789Z","Health":null},
        "ID":"4f1d","Created":"2024-05-01T10:00:00Z","Managed":false,"Path":"sleep","Args":["1000","Name",{"Name":"/args"}],
        "Config":{"Hostname":"4f1d2b7c9e0a","Name":"/config","Env":["Name=/env"],"Healthcheck":{"Image":"deep"},"Image":"registry:5000/team/web:1.2","Labels":{"Name":"/label","Image":"label"}},
        "Image":"sha256:aaaa","ImageManifest":null,"NetworkSettings":{"Networks":{"bridge":{"Name":"/net","Config":{"Image":"net"}}}},
        "Name":"/web-1","Driver":"overlay2","RestartCount":0,"MountPoints":{"/x":{"Name":"/volume"}},"HostConfig":{"Config":{"Image":"host"}}}
        """;

    private readonly TemporaryDirectory _tree = new();
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _log = new();

    public void Dispose() => _tree.Dispose();

    private ContainerNames Names(int maxBytes = 4 << 20, Func<uint, string?>? homeOf = null) => new(
        new DiscoverOptions
        {
            DockerRoots = [_tree.Path + "/absent", _tree.Path + "/docker"],
            PodmanRoots = [_tree.Path + "/podman"],
            MaxStateFileBytes = maxBytes,
        },
        new HostRoots(Run: _tree.Path + "/run"),
        _counters,
        _log,
        homeOf ?? (_ => null));

    private long Errors => _counters[AgentCounter.IdentityErrors];

    private KnownIdentity Docker(string json)
    {
        _tree.Write(DockerFile, json);
        return Names().Resolve(ContainerRuntime.Docker, Id, "/docker/" + Id, null);
    }

    private KnownIdentity Podman(KnownIdentity? previous = null, ContainerNames? names = null, string path = "/machine.slice/libpod-" + Id + ".scope") =>
        (names ?? Names()).Resolve(ContainerRuntime.Podman, Id, path, previous);

    [Fact]
    public void Docker_name_is_of_the_top_level_and_image_of_Config()
    {
        KnownIdentity found = Docker(RealDocker);
        Assert.Equal(("web-1", "registry:5000/team/web:1.2", 0L), (found.Name, found.Image, Errors));
    }

    [Theory]
    [InlineData("""{"Name":"//a"}""", "/a", null)]
    [InlineData("""{"Name":"/"}""", null, null)]
    [InlineData("""{"Name":""}""", null, null)]
    [InlineData("""{"Name":7,"Config":[{"Image":"x"}]}""", null, null)]
    [InlineData("""{"Name":{"Name":"/x"},"Config":null}""", null, null)]
    [InlineData("""{"Name":"/a","Name":"/b","Config":{"Image":"x","Image":"y"}}""", "b", "y")]
    [InlineData("""{"Name":"/a","Name":null,"Config":{"Image":"x"},"Config":null}""", null, null)]
    [InlineData("""{"name":"/a","NAME":"/b","config":{"Image":"x"}}""", null, null)]
    [InlineData("""{"N\u0061me":"/a","Config":{"Im\u0061ge":"x"}}""", "a", "x")]
    [InlineData("""{"Name":"/q\"\\\n\u0000\u00e9\ud83d\ude00,=","Config":{"Image":"a b"}}""", "q\"\\\n\0é😀,=", "a b")]
    public void Docker_names_are_used_unchanged(string json, string? name, string? image)
    {
        KnownIdentity found = Docker(json);
        Assert.Equal((name, image, 0L), (found.Name, found.Image, Errors));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"Name":"/a","Config":{"Image":"x"}""")]
    [InlineData("""{"Name":"/a"} {}""")]
    [InlineData("""{"Name":"/a"}}""")]
    [InlineData("""{"Name":"/a",}""")]
    [InlineData("""{"Name":"/a","Config":{"Image":"\ud800"}}""")]
    public void Damaged_file_gives_no_name_and_counts_once(string json)
    {
        _tree.Write(DockerFile, json);
        AssertUnknownAndCountedOnce();
    }

    [Fact]
    public void Truncated_file_gives_no_name()
    {
        for (int length = 0; length < RealDocker.Length; length++)
            Assert.False(DockerConfig.TryParse(Encoding.UTF8.GetBytes(RealDocker[..length].TrimEnd()), Draft()));
        Assert.True(DockerConfig.TryParse(Encoding.UTF8.GetBytes(RealDocker), Draft()));

        static IdentityDraft Draft() => new(IdentityKeys.Docker, new LabelSelection(new IdentityOptions { Labels = ["*"] }));
    }

    [Fact]
    public void Nesting_of_any_depth_is_skipped()
    {
        const int depth = 500_000;
        KnownIdentity found = Docker($$"""{"a":{{new string('[', depth)}}{{new string(']', depth)}},"Name":"/deep"}""");
        Assert.Equal(("deep", 0L), (found.Name, Errors));
    }

    [Fact]
    public void Name_longer_than_1024_bytes_is_not_used()
    {
        _tree.Write(DockerFile, "{\"Name\":\"/" + new string('a', 1024) + "\"}");
        AssertUnknownAndCountedOnce();
        Assert.Equal(1023, Docker("{\"Name\":\"/" + new string('a', 1023) + "\"}").Name!.Length);
    }

    [Fact]
    public void File_over_the_limit_is_not_read()
    {
        _tree.Write(DockerFile, """{"Name":"/a","x":" """ + new string('x', 5 << 20) + "\"}");
        AssertUnknownAndCountedOnce();
        Assert.Equal("a", Names(6 << 20).Resolve(ContainerRuntime.Docker, Id, "/", null).Name);
    }

    [Fact]
    public void Fifo_is_not_waited_for()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_tree.Path, DockerFile))!);
        Assert.Equal(0, Syscall.mkfifo(Path.Combine(_tree.Path, DockerFile), FilePermissions.ACCESSPERMS));
        AssertUnknownAndCountedOnce();
    }

    [Fact]
    public void Directory_in_place_of_the_file_is_not_read()
    {
        Directory.CreateDirectory(Path.Combine(_tree.Path, DockerFile));
        AssertUnknownAndCountedOnce();
    }

    [Fact]
    public void Symbolic_link_is_followed_only_before_the_end_of_the_path()
    {
        string real = _tree.Write("real/containers/" + Id + "/config.v2.json", """{"Name":"/a"}""");
        File.CreateSymbolicLink(_tree.Path + "/docker", _tree.Path + "/real");
        Assert.Equal("a", Names().Resolve(ContainerRuntime.Docker, Id, "/", null).Name);
        File.Move(real, _tree.Path + "/elsewhere");
        File.CreateSymbolicLink(real, _tree.Path + "/elsewhere");
        AssertUnknownAndCountedOnce();
        Assert.Contains("is a symbolic link, which the agent does not follow", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_is_not_an_error_and_is_looked_for_again()
    {
        ContainerNames names = Names();
        KnownIdentity none = names.Resolve(ContainerRuntime.Docker, Id, "/", null);
        Assert.Equal((null, null, null, 0L), (none.Name, none.Image, none.Source, Errors));
        _tree.Write(DockerFile, """{"Name":"/late"}""");
        Assert.Equal("late", names.Resolve(ContainerRuntime.Docker, Id, "/", none).Name);
    }

    [Fact]
    public void Unchanged_file_gives_the_same_object_and_allocates_nothing()
    {
        ContainerNames names = Names();
        _tree.Write(DockerFile, RealDocker);
        KnownIdentity first = names.Resolve(ContainerRuntime.Docker, Id, "/", null);
        Assert.Same(first, names.Resolve(ContainerRuntime.Docker, Id, "/", first));
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) names.Resolve(ContainerRuntime.Docker, Id, "/", first);
        }));
    }

    [Fact]
    public void Rename_is_found_and_removal_keeps_the_name()
    {
        ContainerNames names = Names();
        string path = _tree.Write(DockerFile, """{"Name":"/a"}""");
        KnownIdentity first = names.Resolve(ContainerRuntime.Docker, Id, "/", null);
        File.Move(_tree.Write("docker/new", """{"Name":"/b"}"""), path, overwrite: true);
        KnownIdentity second = names.Resolve(ContainerRuntime.Docker, Id, "/", first);
        Assert.Equal(("a", "b"), (first.Name, second.Name));
        File.Delete(path);
        Assert.Same(second, names.Resolve(ContainerRuntime.Docker, Id, "/", second));
    }

    [Fact]
    public void Damaged_version_counts_again_after_another_version()
    {
        ContainerNames names = Names();
        KnownIdentity? last = null;
        for (int version = 1; version <= 3; version++)
        {
            File.Move(_tree.Write("docker/new", "{" + new string(' ', version)), _tree.Write(DockerFile, ""), overwrite: true);
            for (int call = 0; call < 3; call++) last = names.Resolve(ContainerRuntime.Docker, Id, "/", last);
            Assert.Equal(version, Errors);
        }
    }

    [Theory]
    [InlineData("../4f1d")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("4f1d/x")]
    [InlineData("4f1d\0")]
    public void Id_that_is_not_hexadecimal_is_not_used_in_a_path(string id)
    {
        _tree.Write("docker/containers/config.v2.json", """{"Name":"/above"}""");
        _tree.Write("docker/4f1d/config.v2.json", """{"Name":"/above"}""");
        _tree.Write("docker/containers/4f1d/x/config.v2.json", """{"Name":"/below"}""");
        _tree.Write("docker/config.v2.json", """{"Name":"/above"}""");
        Assert.Null(Names().Resolve(ContainerRuntime.Docker, id, "/", null).Name);
        Assert.Equal(0, Errors);
    }

    [Fact]
    public void Only_the_state_of_the_containers_own_runtime_is_used()
    {
        _tree.Write(DockerFile, RealDocker);
        Assert.Null(Names().Resolve(ContainerRuntime.Podman, Id, "/", null).Name);
        Assert.Null(Names().Resolve(ContainerRuntime.Containerd, Id, "/", null).Name);
    }

    private static string PodmanEntry(string id, string name, string metadata = """{\"image-name\":\"docker.io/library/alpine:3\",\"image-id\":\"ff\",\"name\":\"inner\"}""") =>
        $$$"""{"id":"{{{id}}}","names":["{{{name}}}","second"],"image":"ffaa00","layer":"cc","metadata":"{{{metadata}}}","created":"2024-05-01T10:00:00Z","flags":{"names":["flag"],"id":"flag"}}""";

    [Fact]
    public void Podman_name_is_of_the_listing_and_image_of_the_metadata()
    {
        _tree.Write(Listing, $"[{PodmanEntry(OtherId, "other")},{PodmanEntry(Id, "db")}]");
        KnownIdentity found = Podman();
        Assert.Equal(("db", "docker.io/library/alpine:3", 0L), (found.Name, found.Image, Errors));
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("vfs")]
    [InlineData("btrfs")]
    [InlineData("zfs")]
    public void Podman_listing_of_any_driver_is_found(string driver)
    {
        _tree.Write($"podman/{driver}-containers/containers.json", $"[{PodmanEntry(Id, "db")}]");
        Assert.Equal("db", Podman().Name);
    }

    [Fact]
    public void Podman_listings_of_two_drivers_are_both_used()
    {
        _tree.Write("podman/overlay-containers/containers.json", $"[{PodmanEntry(OtherId, "other")}]");
        _tree.Write("podman/vfs-containers/containers.json", $"[{PodmanEntry(Id, "db")}]");
        ContainerNames names = Names();
        Assert.Equal("db", Podman(names: names).Name);
        Assert.Equal("other", names.Resolve(ContainerRuntime.Podman, OtherId, "/", null).Name);
    }

    [Theory]
    [InlineData("podman/overlay-containers/volatile-containers.json")]
    [InlineData("podman/vfs-containers/volatile-containers.json")]
    [InlineData("run/containers/storage/overlay-containers/volatile-containers.json")]
    [InlineData("run/containers/storage/vfs-containers/volatile-containers.json")]
    public void Podman_container_run_with_rm_is_in_the_volatile_listing(string path)
    {
        _tree.Write(Listing, $"[{PodmanEntry(OtherId, "other")}]");
        _tree.Write(path, $"[{PodmanEntry(Id, "brief")}]");
        Assert.Equal("brief", Podman().Name);
    }

    [Fact]
    public void Podman_bad_metadata_of_one_container_loses_only_its_image()
    {
        _tree.Write(Listing, $"[{PodmanEntry(Id, "db", "{")},{PodmanEntry(OtherId, "other")}]");
        ContainerNames names = Names();
        KnownIdentity found = Podman(names: names);
        Assert.Equal(("db", null, 1L), (found.Name, found.Image, Errors));
        Assert.Equal("docker.io/library/alpine:3", names.Resolve(ContainerRuntime.Podman, OtherId, "/", null).Image);
        Assert.Equal(1, Errors);
    }

    [Fact]
    public void Podman_damaged_listing_counts_once()
    {
        _tree.Write(Listing, $"[{PodmanEntry(Id, "db")}");
        ContainerNames names = Names();
        for (int i = 0; i < 5; i++) Assert.Null(names.Resolve(ContainerRuntime.Podman, i % 2 == 0 ? Id : OtherId, "/", null).Name);
        Assert.Equal(1, Errors);
    }

    [Fact]
    public void Podman_empty_store_is_not_an_error()
    {
        _tree.Write(Listing, "null");
        Assert.Null(Podman().Name);
        _tree.Write(Listing, "[]");
        Assert.Null(Podman().Name);
        Assert.Equal(0, Errors);
    }

    [Fact]
    public void Podman_unchanged_listing_gives_the_same_object()
    {
        ContainerNames names = Names();
        string path = _tree.Write(Listing, $"[{PodmanEntry(Id, "a")}]");
        KnownIdentity first = Podman(names: names);
        Assert.Same(first, Podman(first, names));
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) Podman(first, names);
        }));
        File.Move(_tree.Write("podman/new", $"[{PodmanEntry(Id, "b")}]"), path, overwrite: true);
        Assert.Equal("b", Podman(first, names).Name);
    }

    [Fact]
    public void Podman_rootless_container_is_named_by_its_users_storage()
    {
        _tree.Write("home/ann/.local/share/containers/storage/overlay-containers/containers.json", $"[{PodmanEntry(Id, "mine")}]");
        var asked = new List<uint>();
        ContainerNames names = Names(homeOf: user =>
        {
            asked.Add(user);
            return _tree.Path + "/home/ann/";
        });
        Assert.Equal("mine", Podman(names: names, path: RootlessPath).Name);
        Assert.Null(Podman(names: names).Name);
        Podman(names: names, path: RootlessPath);
        Assert.Equal([1234u], asked);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative/home")]
    public void Podman_user_without_a_home_is_not_an_error(string? home)
    {
        Assert.Null(Podman(names: Names(homeOf: _ => home), path: RootlessPath).Name);
        Assert.Equal(0, Errors);
    }

    [Fact]
    public void Home_of_root_is_found_in_the_user_database()
    {
        string root = File.ReadLines("/etc/passwd").First(l => l.StartsWith("root:", StringComparison.Ordinal)).Split(':')[5];
        Assert.Equal(root, new RootlessHomes().Home(0));
        Assert.Null(new RootlessHomes().Home(3_999_999_999));
    }

    [Theory]
    [InlineData("/user.slice/user-1000.slice/x", 1000u)]
    [InlineData("/user.slice/user-.slice/x", null)]
    [InlineData("/user.slice/user-4294967296.slice/x", null)]
    [InlineData("/user.slice/user-+1.slice", null)]
    [InlineData("/machine.slice/xuser-1000.slice", null)]
    [InlineData("", null)]
    public void UserOf_finds_the_uid_in_the_cgroup_path(string path, uint? user) => Assert.Equal(user, RootlessHomes.UserOf(path));

    private void AssertUnknownAndCountedOnce()
    {
        long before = Errors;
        ContainerNames names = Names();
        KnownIdentity first = names.Resolve(ContainerRuntime.Docker, Id, "/", null);
        Assert.Equal((null, null, before + 1), (first.Name, first.Image, Errors));
        for (int i = 0; i < 3; i++) Assert.Same(first, names.Resolve(ContainerRuntime.Docker, Id, "/", first));
        Assert.Equal(before + 1, Errors);
    }
}
