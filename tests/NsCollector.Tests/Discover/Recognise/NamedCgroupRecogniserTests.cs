using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

public class NamedCgroupRecogniserTests
{
    private static readonly ContainerRecognisers Recognisers =
        new(new DiscoverOptions { SystemdServices = true, CgroupPaths = ["/build/*", "/build/a/deep/*", "/qemu.slice/*.scope", "/docker/*"] });

    [Theory]
    [InlineData("/build/a")]
    [InlineData("/build/a/deep/x")]
    [InlineData("/qemu.slice/101.scope")]
    [InlineData("/docker/not-an-id")]
    public void Matching_cgroup_has_its_own_name_and_its_path_as_id(string path) =>
        Assert.Equal(new RecognisedContainer(ContainerRuntime.Cgroup, path, Path.GetFileName(path), null), Recognisers.Recognise(path));

    [Theory]
    [InlineData("/")]
    [InlineData("/build")]
    [InlineData("/buildx/a")]
    [InlineData("/build/a/b")]
    [InlineData("/build/a/deep")]
    [InlineData("/build/a/deep/x/y")]
    [InlineData("/docker/ID/init.scope")]
    [InlineData("/build/")]
    [InlineData("/build/a/")]
    public void Only_the_topmost_matching_cgroup_is_a_container(string path) => Assert.Null(Recognisers.Recognise(Expand(path)));

    [Theory]
    [InlineData("/docker/ID", ContainerRuntime.Docker)]
    [InlineData("/build/lxc/web", ContainerRuntime.Lxc)]
    public void Container_of_a_runtime_keeps_its_runtime_if_a_glob_matches(string path, ContainerRuntime runtime) =>
        Assert.Equal(runtime, Recognisers.Recognise(Expand(path))?.Runtime);
}
