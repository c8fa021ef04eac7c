using NsCollector.Discover;

namespace NsCollector.Tests.Discover;

public class FilterReportTests
{
    private static readonly ContainerIdentity[] Three =
    [
        new(ContainerRuntime.Docker, new string('a', 64), "web-1", "registry.example/web:2"),
        new(ContainerRuntime.Docker, new string('b', 64), "test-1", "registry.example/web:2"),
        new(ContainerRuntime.Lxc, "box"),
    ];

    [Fact]
    public void NothingLeft_names_each_rule_with_its_number_of_containers()
    {
        Assert.Equal(
            "the filters leave none of 3 recognised containers: filter.include leaves out 3 (no glob of it matches)",
            FilterReport.NothingLeft(new FilterOptions { Include = ["docker/wbe-*"] }, Three));
        Assert.Equal(
            "the filters leave none of 3 recognised containers: filter.include leaves out 2 (no glob of it matches); filter.exclude leaves out 1 (a glob of it matches)",
            FilterReport.NothingLeft(new FilterOptions { Include = ["docker/test-*"], Exclude = ["*/test-*"] }, Three));
        Assert.Equal(
            "the filters leave none of 3 recognised containers: filter.include_image leaves out 1 (no glob of it matches the image); filter.exclude_image leaves out 2 (a glob of it matches the image)",
            FilterReport.NothingLeft(new FilterOptions { IncludeImage = ["*web*"], ExcludeImage = ["*:2"] }, Three));
    }

    [Fact]
    public void NothingLeft_is_null_if_one_is_left_or_there_is_none()
    {
        Assert.Null(FilterReport.NothingLeft(new FilterOptions { Exclude = ["docker/*"] }, Three));
        Assert.Null(FilterReport.NothingLeft(new FilterOptions { Exclude = ["*/*"] }, []));
        Assert.Null(FilterReport.NothingLeft(new FilterOptions(), Three));
    }
}
