using NsCollector.Discover;

namespace NsCollector.Tests.Discover;

public class ContainerFilterTests
{
    private static readonly string Id = "0123456789ab" + new string('c', 52);

    private static readonly ContainerIdentity Web = new(ContainerRuntime.Docker, Id, "web-1", "registry.example/web:2");

    [Fact]
    public void Includes_without_globs_every_container()
    {
        Assert.True(new ContainerFilter(new FilterOptions()).Includes(Web));
        Assert.True(new ContainerFilter(new FilterOptions { Include = default, Exclude = default, IncludeImage = default, ExcludeImage = default }).Includes(Web));
    }

    [Theory]
    [InlineData("docker/web-1", true)]
    [InlineData("docker/*", true)]
    [InlineData("*/web-?", true)]
    [InlineData("docker/0123456789ab", true)]
    [InlineData("docker/0123456789abc*", true)]
    [InlineData("lxc/web-1", false)]
    [InlineData("docker/web", false)]
    [InlineData("web-1", false)]
    [InlineData("Docker/web-1", false)]
    public void Includes_matches_runtime_with_name_short_id_or_full_id(string glob, bool fits)
    {
        Assert.Equal(fits, new ContainerFilter(new FilterOptions { Include = [glob] }).Includes(Web));
        Assert.Equal(!fits, new ContainerFilter(new FilterOptions { Exclude = [glob] }).Includes(Web));
    }

    [Fact]
    public void Includes_if_any_glob_matches() =>
        Assert.True(new ContainerFilter(new FilterOptions { Include = ["lxc/*", "docker/web-*"] }).Includes(Web));

    [Fact]
    public void Exclude_wins_over_include()
    {
        Assert.False(new ContainerFilter(new FilterOptions { Include = ["docker/*"], Exclude = ["*/web-1"] }).Includes(Web));
        Assert.False(new ContainerFilter(new FilterOptions { IncludeImage = ["*"], ExcludeImage = ["*/web:*"] }).Includes(Web));
        Assert.False(new ContainerFilter(new FilterOptions { Include = ["docker/web-1"], ExcludeImage = ["*/web:*"] }).Includes(Web));
        Assert.False(new ContainerFilter(new FilterOptions { Exclude = ["docker/web-1"], IncludeImage = ["*/web:*"] }).Includes(Web));
    }

    [Theory]
    [InlineData("registry.example/*", true)]
    [InlineData("*pause*", false)]
    public void Include_image_matches_the_whole_name(string glob, bool fits)
    {
        Assert.Equal(fits, new ContainerFilter(new FilterOptions { IncludeImage = [glob] }).Includes(Web));
        Assert.Equal(!fits, new ContainerFilter(new FilterOptions { ExcludeImage = [glob] }).Includes(Web));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Unknown_image_matches_no_glob(string? image)
    {
        ContainerIdentity unknown = Web with { Image = image };
        Assert.False(new ContainerFilter(new FilterOptions { IncludeImage = ["*"] }).Includes(unknown));
        Assert.True(new ContainerFilter(new FilterOptions { ExcludeImage = ["*"] }).Includes(unknown));
    }

    [Fact]
    public void Includes_container_without_a_name_by_its_id() =>
        Assert.True(new ContainerFilter(new FilterOptions { Include = ["docker/0123456789ab"] }).Includes(Web with { Name = null }));

    [Theory]
    [InlineData("docker/web-*", null, true)]
    [InlineData(null, "docker/web-*", true)]
    [InlineData("*/web", "lxc/*", true)]
    [InlineData(null, null, true)]
    [InlineData("podman/*", null, false)]
    [InlineData(null, "docker/*", false)]
    [InlineData("docker/web", "*/0123456789ab", false)]
    [InlineData("docker/web", "*cccc", false)]
    public void MayInclude_of_known_id_only_reports_whether_a_name_could_match(string? include, string? exclude, bool may) =>
        Assert.Equal(may, new ContainerFilter(new FilterOptions { Include = include is null ? [] : [include], Exclude = exclude is null ? [] : [exclude] })
            .MayInclude(ContainerRuntime.Docker, Id));

    [Fact]
    public void Runtime_in_glob_is_the_value_of_the_tag()
    {
        foreach (ContainerRuntime runtime in Enum.GetValues<ContainerRuntime>())
        {
            string tag = NsCollector.Encode.RuntimeTag.Value(runtime);
            Assert.True(new ContainerFilter(new FilterOptions { Include = [tag + "/web-1"] }).Includes(Web with { Runtime = runtime }));
        }
    }
}
