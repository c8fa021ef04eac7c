using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Identify.States;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover.Identify.States;

/// <summary>Counts of containers over directories like those of the runtimes.</summary>
public sealed class StateCensusTests : IDisposable
{
    private const string Running = """{"Running":true,"StartedAt":"2026-01-02T03:04:05Z"}""", Exited = """{"StartedAt":"2026-01-02T03:04:05Z"}""", Created = """{}""";

    private readonly NamesFixture _fixture = new();
    private readonly List<(ContainerRuntime Runtime, string Id)> _live = [];
    private int _maxContainers = 20_000;
    private string[] _dockerRoots = ["docker"];
    private StateCensus? _census;

    public void Dispose()
    {
        _census?.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public void Docker_containers_are_counted_by_the_state_of_their_files()
    {
        WriteDocker('a', Running);
        WriteDocker('b', Exited);
        WriteDocker('c', Exited);
        WriteDocker('d', Created);
        _fixture.Tree.Write("docker/containers/no-container/config.v2.json", "{}");
        _fixture.Tree.MakeDirectory("docker/containers/" + Id('e'));
        Assert.Equal("docker: created 1, running 1, paused 0, restarting 0, exited 2, dead 0, unknown 0", Count());
        ContainerCensus census = _census!.Current!;
        Assert.True(census.Includes(ContainerRuntime.Docker, Id('b')));
        Assert.False(census.Includes(ContainerRuntime.Docker, Id('f')));
        Assert.False(census.Includes(ContainerRuntime.Podman, Id('b')));
        Assert.Equal(0, census.ExcludedOf(ContainerRuntime.Docker));
        Assert.Equal(0, _fixture.Errors);

        WriteDocker('b', """{"Running":true,"Paused":true,"StartedAt":"2026-01-02T03:04:05Z"}""");
        Directory.Delete(_fixture.Tree["docker/containers/" + Id('c')], recursive: true);
        Assert.Equal("docker: created 1, running 1, paused 1, restarting 0, exited 0, dead 0, unknown 0", Count());
    }

    [Fact]
    public void Docker_root_with_two_paths_is_counted_once()
    {
        WriteDocker('a', Running);
        WriteDocker('b', Exited);
        Directory.CreateSymbolicLink(_fixture.Tree["same"], _fixture.Tree["docker"]);
        _fixture.Tree.Write($"other/containers/{Id('c')}/config.v2.json", $$"""{"State":{{Running}},"Name":"/c","Config":{} }""");
        _dockerRoots = ["docker", "same", "other"];
        for (int i = 0; i < 2; i++) Assert.Equal("docker: created 0, running 2, paused 0, restarting 0, exited 1, dead 0, unknown 0", Count());
    }

    [Fact]
    public void Unreadable_file_is_unknown_and_counts_once()
    {
        WriteDocker('a', Running);
        _fixture.Tree.Write($"docker/containers/{Id('b')}/config.v2.json", "{");
        File.CreateSymbolicLink(_fixture.Tree.MakeDirectory("docker/containers/" + Id('c')) + "/config.v2.json", "/dev/zero");
        for (int i = 0; i < 3; i++) Assert.Equal("docker: created 0, running 1, paused 0, restarting 0, exited 0, dead 0, unknown 2", Count());
        Assert.Equal(2, _fixture.Errors);
    }

    [Fact]
    public void More_containers_than_the_bound_are_left_out_and_counted()
    {
        _maxContainers = 2;
        foreach (char digit in "abc") WriteDocker(digit, Exited);
        Assert.Equal("docker: created 0, running 0, paused 0, restarting 0, exited 2, dead 0, unknown 0", Count());
        Assert.Equal(1, _fixture.Errors);
    }

    [Fact]
    public void Podman_containers_without_a_process_are_stopped()
    {
        const string Podman = """{\"image-name\":\"i\",\"name\":\"n\"}""", Crio = """{\"pod-id\":\"p\",\"image-name\":\"i\"}""";
        _fixture.Tree.Write(
            "podman/overlay-containers/containers.json",
            $$"""[{{Listed('a', Podman)}},{{Listed('b', Podman)}},{{Listed('c', Crio)}},{{Listed('d', "")}},7,{"id":"{{Id('e')}}"}]""");
        _fixture.Tree.Write("podman/overlay-containers/volatile-containers.json", $"[{Listed('f', Podman)}]");
        _live.Add((ContainerRuntime.Podman, Id('a')));
        Assert.Equal("podman: stopped 2", Count());
        _live.Add((ContainerRuntime.Podman, Id('f')));
        Assert.Equal("podman: stopped 1", Count());
        _fixture.Tree.Write("podman/overlay-containers/containers.json", "{");
        Assert.Equal("podman: stopped 0", Count());
        Assert.Equal(1, _fixture.Errors);
    }

    [Fact]
    public void Lxc_containers_without_a_process_are_stopped()
    {
        _fixture.Tree.Write("lxc/web/config", "");
        _fixture.Tree.Write("lxc/db/config", "");
        _fixture.Tree.MakeDirectory("lxc/cache");
        _fixture.Tree.MakeDirectory("incus/containers/shop_web");
        _live.Add((ContainerRuntime.Lxc, "web"));
        Assert.Equal("lxc: stopped 2", Count());
        _live.Add((ContainerRuntime.Lxc, "shop_web"));
        Directory.Delete(_fixture.Tree["lxc/db"], recursive: true);
        Assert.Equal("lxc: stopped 0", Count());
    }

    [Fact]
    public void Container_with_the_name_of_a_running_one_is_stopped()
    {
        _fixture.Tree.Write("lxc/web/config", "");
        _fixture.Tree.MakeDirectory("incus/containers/web");
        _live.Add((ContainerRuntime.Nspawn, "web"));
        Assert.Equal("lxc: stopped 2", Count());
        _live.Add((ContainerRuntime.Lxc, "web"));
        Assert.Equal("lxc: stopped 1", Count());
        _live.Add((ContainerRuntime.Lxc, "web"));
        Assert.Equal("lxc: stopped 0", Count());
    }

    [Fact]
    public void Directory_with_two_paths_is_counted_once()
    {
        _fixture.Tree.MakeDirectory("incus/containers/web");
        _fixture.Tree.MakeDirectory("incus/containers/db");
        Directory.CreateSymbolicLink(_fixture.Tree["lxd"], _fixture.Tree["incus"]);
        _live.Add((ContainerRuntime.Lxc, "web"));
        Assert.Equal("lxc: stopped 1", Count());
    }

    [Fact]
    public void Runtime_without_state_files_has_no_counts() => Assert.Equal("", Count());

    [Fact]
    public void Excluded_containers_are_kept_with_the_counts()
    {
        StateCensus census = Census();
        Assert.True(census.TryBegin());
        census.AddExcluded(ContainerRuntime.Lxc);
        census.AddExcluded(ContainerRuntime.Lxc);
        census.Run();
        Assert.Equal((2, 0), (census.Current!.ExcludedOf(ContainerRuntime.Lxc), census.Current.ExcludedOf(ContainerRuntime.Podman)));
    }

    [Fact]
    public void Census_on_its_thread_replaces_the_last_one()
    {
        WriteDocker('a', Exited);
        StateCensus census = Census();
        census.Start();
        Assert.True(census.TryBegin());
        census.Run();
        Eventually.True(() => census.Current is not null, "the first census");
        ContainerCensus first = census.Current!;
        WriteDocker('a', Running);
        Eventually.True(census.TryBegin, "the thread to be ready");
        census.Run();
        Eventually.True(() => !ReferenceEquals(census.Current, first), "the next census");
        Assert.Contains(new CensusRow(ContainerRuntime.Docker, RunState.Running, 1), census.Current!.Rows);
    }

    [Fact]
    public void Unchanged_files_cost_a_few_hundred_bytes()
    {
        for (char digit = 'a'; digit <= 'f'; digit++) WriteDocker(digit, Exited);
        _fixture.Tree.Write("lxc/web/config", "");
        foreach (string directory in (string[])["docker/containers", "lxc"]) Directory.SetLastWriteTimeUtc(_fixture.Tree[directory], DateTime.UtcNow.AddHours(-1));
        Count();
        Count();
        StateCensus census = _census!;
        Assert.InRange(
            Allocated.LeastOf(() =>
            {
                census.TryBegin();
                census.Run();
            }),
            0,
            1500);
    }

    private static string Id(char digit) => new(digit, 64);

    private static string Listed(char digit, string metadata) => $$"""{"id":"{{Id(digit)}}","names":["n{{digit}}"],"metadata":"{{metadata}}"}""";

    private void WriteDocker(char digit, string state) =>
        _fixture.Tree.Write($"docker/containers/{Id(digit)}/config.v2.json", $$"""{"State":{{state}},"Name":"/n{{digit}}","Config":{} }""");

    private StateCensus Census()
    {
        DiscoverOptions options = new() { MaxContainers = _maxContainers };
        ContainerNames names = _fixture.Names(with: o => o with { DockerRoots = [.. _dockerRoots.Select(root => _fixture.Tree[root])], LxcRoots = [_fixture.Tree["lxc"]], MaxContainers = _maxContainers });
        return _census ??= new StateCensus(
            names.CreateCensuses(new CensusContext(options, _fixture.Counters, new RateLimitedLog(NullLogger.Instance))), exception => Assert.Fail(exception.ToString()));
    }

    /// <summary>Counts now, and renders the counts.</summary>
    private string Count()
    {
        StateCensus census = Census();
        Assert.True(census.TryBegin());
        foreach ((ContainerRuntime runtime, string id) in _live) census.AddLive(runtime, id);
        census.Run();
        return string.Join("; ", census.Current!.Rows.GroupBy(row => row.Runtime).Select(runtime =>
            $"{runtime.Key.ToString().ToLowerInvariant()}: {string.Join(", ", runtime.Select(row => $"{row.State.ToString().ToLowerInvariant()} {row.Containers}"))}"));
    }
}
