using NsCollector.Discover;
using NsCollector.Discover.Identify;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class LxdNamesTests : IDisposable
{
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private KnownIdentity Resolve(string name, string? path = null) =>
        _fixture.Names().Resolve(Container(ContainerRuntime.Lxc, name, name), path ?? "/lxc.payload." + name, null);

    [Theory]
    [InlineData("lxd", "shop_web", "web", "shop")]
    [InlineData("incus", "a_b_web-1", "web-1", "a_b")]
    public void Instance_of_a_project_has_its_name_and_a_project_label(string root, string name, string instance, string project)
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Tree.Path, root, "containers", name));
        KnownIdentity known = Resolve(name);
        Assert.Equal((instance, "project=" + project), (known.Name, Text(known.Labels)));
        AssertSteady(_fixture.Names(), Container(ContainerRuntime.Lxc, name, name), "/lxc.payload." + name, known);
    }

    [Fact]
    public void Link_to_an_instances_storage_counts_as_its_directory()
    {
        Directory.CreateDirectory(_fixture.Tree.Path + "/lxd/containers");
        File.CreateSymbolicLink(_fixture.Tree.Path + "/lxd/containers/shop_web", "/nowhere");
        Assert.Equal("web", Resolve("shop_web").Name);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("shop_web")]
    [InlineData("_web")]
    [InlineData("web_")]
    [InlineData("_")]
    [InlineData("..")]
    [InlineData("x_/..")]
    [InlineData("x_\0")]
    public void Name_without_an_instance_stays_that_of_the_path(string name)
    {
        Directory.CreateDirectory(_fixture.Tree.Path + "/lxd/containers/_web");
        Directory.CreateDirectory(_fixture.Tree.Path + "/lxd/containers/web_");
        Directory.CreateDirectory(_fixture.Tree.Path + "/lxd/containers/_");
        KnownIdentity known = Resolve(name);
        Assert.Same(KnownIdentity.Nothing, known);
        Assert.Equal(name, known.Identify(Container(ContainerRuntime.Lxc, name, name), null).Name);
        AssertSteady(_fixture.Names(), Container(ContainerRuntime.Lxc, name, name), "/lxc.payload." + name, known);
        Assert.Equal(0, _fixture.Errors);
    }

    [Fact]
    public void Cgroup_with_the_number_that_LXC_adds_is_not_an_instance()
    {
        Directory.CreateDirectory(_fixture.Tree.Path + "/lxd/containers/shop_web");
        Assert.Null(Resolve("shop_web-1").Name);
    }
}
