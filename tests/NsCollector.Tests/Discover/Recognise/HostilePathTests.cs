using FsCheck;
using FsCheck.Fluent;
using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

public class HostilePathTests
{
    // The parts of the patterns, so that the paths nearly match and are not only noise.
    private static readonly string[] Parts =
    [
        "/", "/", "/", "docker", "docker-", ".scope", ".slice", ".service", Id, OtherId, "pod", PodUid, StaticPodUid, "-", "_", ":", "cri-containerd",
        ":cri-containerd:", "cri-containerd-", "nerdctl-", "crio-", "conmon-", "libpod-", "payload-", "podman-", "lxc", "lxc.payload", ".", "lxc.monitor",
        "machine-", "machine-lxc", @"\x2d", @"\x", @"\", "9", "systemd-nspawn@", "machine.slice", "user@", "user.slice", "ecs", "payload", ".libvirt-lxc",
        "\ud800", "\0", "\n", "é", "*", "[", " ", "kubepods", "default", "x",
    ];

    private static readonly ContainerRecognisers Recognisers = new(new DiscoverOptions { SystemdServices = true, CgroupPaths = ["/x*[!a]?", "*/x"] });

    private static Arbitrary<string> Hostile { get; } =
        Gen.Elements(Parts).ListOf().Select(parts => "/" + string.Concat(parts)).ToArbitrary();

    [Fact]
    public void Recognise_any_path_never_throws_and_always_gives_an_id()
    {
        Prop.ForAll(Hostile, IsSound).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
        Prop.ForAll<string>(path => IsSound(path ?? "")).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void Recognise_path_of_any_length_returns()
    {
        foreach (string part in Parts) IsSound("/" + string.Concat(Enumerable.Repeat(part, 2_000)));
        foreach (string part in Parts) IsSound(string.Concat(Enumerable.Repeat("/" + part, 2_000)));
    }

    [Fact]
    public void Recognise_id_is_part_of_the_path() =>
        Prop.ForAll(Hostile, path => Recognisers.Recognise(path) is not { Name: null } container || path.EndsWith(container.Id, StringComparison.Ordinal)
                || path.EndsWith(container.Id + ".scope", StringComparison.Ordinal))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    private static bool IsSound(string path) => Recognisers.Recognise(path) is not { } container || (container.Id.Length > 0 && container.Name != "");
}
