using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class KnownIdentityTests
{
    private static KnownIdentity Whole(long version = 1) => new("n", "i", new StateFileStamp("/x", 1, version, 1, 1))
    {
        Namespace = "ns", Pod = "p", PodUid = "u", Labels = [new(new string('k', 2), "v"), new("l", new string('w', 2))],
    };

    [Fact]
    public void Equals_ignores_the_source()
    {
        Assert.Equal(Whole(), Whole(2));
        Assert.Equal(Whole().GetHashCode(), Whole(2).GetHashCode());
        Assert.Equal(KnownIdentity.Nothing, new KnownIdentity(null, null, null) { Labels = default });
    }

    [Fact]
    public void Equals_compares_every_other_value()
    {
        KnownIdentity known = Whole();
        ContainerIdentity identity = known.Identify(Container(ContainerRuntime.Docker), null);
        Assert.All(
            (KnownIdentity[])
            [
                known with { Name = "x" }, known with { Image = "x" }, known with { Namespace = "x" }, known with { Pod = "x" }, known with { PodUid = "x" },
                known with { ImageOverLimit = true }, known with { Labels = [] }, known with { Labels = [new("kk", "v"), new("l", "x")] }, known with { Labels = [new("kk", "v"), new("x", "ww")] },
            ],
            other =>
            {
                Assert.NotEqual(known, other);
                ContainerIdentity changed = other.Identify(Container(ContainerRuntime.Docker), identity);
                Assert.NotSame(identity, changed);
                Assert.NotEqual(identity, changed);
            });
    }

    [Fact]
    public void Identify_unchanged_returns_the_same_object()
    {
        KnownIdentity known = Whole();
        ContainerIdentity identity = known.Identify(Container(ContainerRuntime.Docker), null);
        KnownIdentity again = Whole(2);
        Assert.Same(identity, again.Identify(Container(ContainerRuntime.Docker), identity));
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) again.Identify(Container(ContainerRuntime.Docker), identity);
        }));
    }

    [Fact]
    public void Equals_compares_labels_by_value()
    {
        static ImmutableArray<KeyValuePair<string, string>> Labels(string value) => [new("k", value)];
        var one = new ContainerIdentity(ContainerRuntime.Docker, Id, Labels: Labels("v"));
        Assert.Equal(one, new ContainerIdentity(ContainerRuntime.Docker, Id, Labels: Labels("v")));
        Assert.NotEqual(one, new ContainerIdentity(ContainerRuntime.Docker, Id, Labels: Labels("w")));
        Assert.NotEqual(one, new ContainerIdentity(ContainerRuntime.Docker, Id));
        Assert.Equal(new ContainerIdentity(ContainerRuntime.Docker, Id, Labels: []), new ContainerIdentity(ContainerRuntime.Docker, Id));
    }
}
