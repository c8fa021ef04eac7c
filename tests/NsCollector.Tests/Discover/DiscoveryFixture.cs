using System.Globalization;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover;

/// <summary>Directories that look like a unified hierarchy, a procfs and Docker's data root, and a discovery over them.</summary>
internal sealed class DiscoveryFixture : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    internal DiscoveryFixture()
    {
        Directory.CreateDirectory(DockerRoot);
        Directory.CreateDirectory(Roots.Proc);
        Make("/");
        File.WriteAllText(Path("cgroup/cgroup.controllers"), "cpu memory\n");
    }

    internal AgentCounters Counters { get; } = new();

    internal SteppedClock Clock { get; } = new();

    internal string DockerRoot => Path("docker");

    internal HostRoots Roots => new(Path("proc"), Path("cgroup"), Path("run"));

    /// <summary>A container's id.</summary>
    internal static string Id(int number) => number.ToString("x64", CultureInfo.InvariantCulture);

    /// <summary>Creates a cgroup that lists these processes.</summary>
    internal void Make(string path, params int[] pids)
    {
        Directory.CreateDirectory(Path("cgroup") + path);
        File.WriteAllText(Path("cgroup") + path + "/cgroup.procs", string.Concat(pids.Select(pid => $"{pid}\n")));
    }

    /// <summary>Creates a process with this pid in its innermost namespace, that runs this program.</summary>
    internal void MakeProcess(int pid, int innerPid, string program = "sleep")
    {
        string directory = $"{Roots.Proc}/{pid}";
        Directory.CreateDirectory(directory);
        File.WriteAllText(directory + "/status", $"Name:\tx\nNSpid:\t{pid}\t{innerPid}\nThreads:\t1\n");
        File.WriteAllText(directory + "/stat", $"{pid} (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0\n");
        File.WriteAllText(directory + "/comm", program + "\n");
        File.WriteAllText(directory + "/cwd", "");
    }

    internal void WriteDockerConfig(string id, string name, string image = "img")
    {
        Directory.CreateDirectory($"{DockerRoot}/containers/{id}");
        File.WriteAllText($"{DockerRoot}/containers/{id}/config.v2.json", $$"""{"ID":"{{id}}","Name":"/{{name}}","Config":{"Image":"{{image}}"} }""");
    }

    internal void WriteCrioBundle(string id, string name, string type)
    {
        string directory = $"{Roots.Run}/containers/storage/overlay-containers/{id}/userdata";
        Directory.CreateDirectory(directory);
        File.WriteAllText(directory + "/config.json", $$"""
            {"ociVersion":"1.2.1","annotations":{"io.kubernetes.container.name":"{{name}}","io.kubernetes.cri-o.ContainerType":"{{type}}",
            "io.kubernetes.cri-o.ImageName":"localhost/tool:1.0","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"prod"} }
            """);
    }

    /// <summary>Writes the listing of podman's storage.</summary>
    internal void WritePodmanListing(params string[] ids)
    {
        string directory = Path("podman/overlay-containers");
        Directory.CreateDirectory(directory);
        File.WriteAllText(
            directory + "/containers.json",
            "[" + string.Join(",", ids.Select(id => $$"""{"id":"{{id}}","names":["n"],"metadata":"{\"image-name\":\"i\",\"name\":\"n\"}"}""")) + "]");
    }

    /// <summary>Ends a process.</summary>
    internal void EndProcess(int pid) => Directory.Delete($"{Roots.Proc}/{pid}", recursive: true);

    internal void Remove(string path) => Directory.Delete(Path("cgroup") + path, recursive: true);

    internal CapturingLogger Log { get; } = new();

    internal ContainerDiscovery Discovery(FilterOptions? filter = null, int maxContainers = 20_000, int maxContainersInContainer = 500, string[]? cgroupPaths = null) => new(
        CgroupMounts.Find(Roots),
        Roots,
        new DiscoverOptions
        {
            DockerRoots = [DockerRoot],
            PodmanRoots = [Path("podman")],
            Filter = filter ?? new FilterOptions(),
            MaxContainers = maxContainers,
            MaxContainersInContainer = maxContainersInContainer,
            CgroupPaths = [.. cgroupPaths ?? []],
        },
        Counters,
        Log) { Time = Clock };

    public void Dispose() => _root.Dispose();

    private string Path(string name) => System.IO.Path.Combine(_root.Path, name);
}
