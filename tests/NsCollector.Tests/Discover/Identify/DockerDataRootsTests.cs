using NsCollector.Discover;
using NsCollector.Discover.Identify;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class DockerDataRootsTests : IDisposable
{
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    // Recorded from dockerd 29.7, whose Image is a manifest's digest and which has a new key ImageManifest.
    [Theory]
    [InlineData("shop-web-1", "4a94d89990ea1c188a7cff4409f7e7cee3422e0947ffa9530e99659f79b4d964")]
    [InlineData("Odd.Name_1-x", "2a8d7a8a6553c6d9fb2bc1522d9ce0fa6f91d3fe48b3c23561d7f2e8e4d1763c")]
    public void State_of_docker_29_in_a_remapped_root_has_name_and_image(string name, string id)
    {
        using var reader = new StreamReader(typeof(DockerDataRootsTests).Assembly.GetManifestResourceStream($"Docker29/{name}.json")!);
        _fixture.Tree.Write($"docker/231072.231072/containers/{id}/config.v2.json", reader.ReadToEnd());
        KnownIdentity known = _fixture.Names().Resolve(Container(ContainerRuntime.Docker, id), "/docker/" + id, null);
        Assert.Equal((name, "golden/tool:1.0", 0L), (known.Name, known.Image, _fixture.Errors));
    }

    [Fact]
    public void Remapped_root_that_is_created_later_is_found()
    {
        _fixture.Tree.MakeDirectory("docker/containers");
        ContainerNames names = _fixture.Names();
        KnownIdentity before = names.Resolve(Container(ContainerRuntime.Docker), "/", null);
        Assert.Null(before.Name);
        _fixture.Tree.Write($"docker/100000.100001/containers/{Id}/config.v2.json", """{"Name":"/web"}""");
        KnownIdentity known = names.Resolve(Container(ContainerRuntime.Docker), "/", before);
        Assert.Equal("web", known.Name);
        AssertSteady(names, Container(ContainerRuntime.Docker), "/", known);
    }

    // cri-dockerd: no container is Docker's until its state is found, so no name of Docker is ever requested before.
    [Fact]
    public void State_in_a_running_daemons_data_root_is_found_before_any_name()
    {
        string root = _fixture.Tree.Path + "/elsewhere";
        _fixture.Tree.Write($"elsewhere/containers/{Id}/config.v2.json", """{"Name":"/web"}""");
        _fixture.Tree.Write($"docker/100000.100001/containers/{OtherId}/config.v2.json", """{"Name":"/db"}""");
        _fixture.Tree.Write("proc/77/comm", "dockerd\n");
        _fixture.Tree.Write("proc/77/status", "Uid:\t0\t0\t0\t0\nNSpid:\t77\n");
        _fixture.Tree.Write("proc/77/cgroup", "0::/system.slice/docker.service\n");
        _fixture.Tree.Write("proc/77/cmdline", $"dockerd\0--data-root={root}\0");
        _fixture.Tree.Write("proc/77/stat", "77 (dockerd) S 1 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 500 1 1\n");
        ContainerNames names = _fixture.Names();
        Assert.True(names.HasState(ContainerRuntime.Docker, Id));
        Assert.True(names.HasState(ContainerRuntime.Docker, OtherId));
        Assert.False(names.HasState(ContainerRuntime.Docker, Id.Replace('4', '5')));
    }

    [Theory]
    [InlineData("100000")]
    [InlineData("100000.x")]
    [InlineData("-1.-1")]
    [InlineData("1.2.3")]
    [InlineData("4294967296.1")]
    public void Other_directories_of_a_data_root_are_not_searched(string directory)
    {
        _fixture.Tree.Write($"docker/{directory}/containers/{Id}/config.v2.json", """{"Name":"/web"}""");
        Assert.Null(_fixture.Names().Resolve(Container(ContainerRuntime.Docker), "/", null).Name);
    }

    [Fact]
    public void Rootless_container_has_its_name_from_its_users_home()
    {
        _fixture.Tree.Write($"home/.local/share/docker/containers/{Id}/config.v2.json", """{"Name":"/mine"}""");
        ContainerNames names = _fixture.Names(homeOf: user => user == 1000 ? _fixture.Tree.Path + "/home" : null);
        Assert.Equal("mine", names.Resolve(Container(ContainerRuntime.Docker), $"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{Id}.scope", null).Name);
        Assert.Null(names.Resolve(Container(ContainerRuntime.Docker), $"/user.slice/user-1001.slice/user@1001.service/user.slice/docker-{Id}.scope", null).Name);
        Assert.Null(names.Resolve(Container(ContainerRuntime.Docker), "/docker/" + Id, null).Name);
    }

    /// <summary>As for userns-remap's data root if the agent has no CAP_DAC_READ_SEARCH; root cannot be refused, so a link to itself stands for it.</summary>
    [Fact]
    public void State_behind_a_directory_that_cannot_be_read_is_no_state()
    {
        string containers = _fixture.Tree.Path + "/docker/containers";
        _fixture.Tree.MakeDirectory("docker");
        File.CreateSymbolicLink(containers, containers);
        Assert.False(_fixture.Names().HasState(ContainerRuntime.Docker, Id));
    }
}
