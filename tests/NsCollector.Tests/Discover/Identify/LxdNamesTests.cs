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
    public void An_instance_of_a_project_has_its_own_name_and_the_project_is_a_label(string root, string name, string instance, string project)
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Tree.Path, root, "containers", name));
        KnownIdentity known = Resolve(name);
        Assert.Equal((instance, "project=" + project), (known.Name, Text(known.Labels)));
        AssertSteady(_fixture.Names(), Container(ContainerRuntime.Lxc, name, name), "/lxc.payload." + name, known);
    }

    [Fact]
    public void LXD_s_link_to_where_an_instance_is_stored_is_as_good_as_a_directory()
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
    public void A_name_that_is_no_instance_s_stays_as_the_path_has_it(string name)
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
    public void A_cgroup_with_the_number_that_LXC_adds_on_a_clash_is_no_instance()
    {
        Directory.CreateDirectory(_fixture.Tree.Path + "/lxd/containers/shop_web");
        Assert.Null(Resolve("shop_web-1").Name);
    }
}
