using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Events;
using NsCollector.Serve.Docker.Host;
using NsCollector.Serve.Docker.Networks;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>The files of a recorded dockerd in a directory, its running containers as the last cycle saw them, and its answers.</summary>
internal sealed class RecordedDocker : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <param name="version">The version of Docker: the name of a fixture.</param>
    internal RecordedDocker(string version)
    {
        Version = version;
        Containers = [.. Resource($"{version}.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (JsonObject)JsonNode.Parse(line.Replace("/var/lib/docker/", Root + "/", StringComparison.Ordinal))!)];
        foreach (JsonObject container in Containers) WriteState(container);
        WriteImages();
        Samples = new LatestSamples([], TimeSpan.FromMinutes(5));
        Publish();
        var options = new DiscoverOptions { DockerRoots = [Root], PodmanRoots = [], LxcRoots = [], LxdRoots = [] };
        var roots = new HostRoots(_directory["proc"], null, _directory["run"], _directory["sys"]);
        var log = new RateLimitedLog(NullLogger.Instance);
        var sources = new InventorySources(options, roots, new HostDaemons(roots, Counters, log), _ => null, Counters, log);
        Inventory = new ContainerInventory(sources, Samples, options, roots);
        Networks = new LiveNetworks(roots, Samples, new BridgeNetworks(roots));
        Images = new ImageStore(() => sources.DockerRoots, sources.Documents);
    }

    internal string Version { get; }

    /// <summary>The minor version of the API that was recorded.</summary>
    internal int Api => Version switch { "26.1" => 45, "29.7" => 56, _ => 41 };

    /// <summary>When the list was recorded: the header Date.</summary>
    internal DateTimeOffset RecordedAt => Version switch
    {
        "20.10" => new DateTimeOffset(2026, 11, 29, 16, 38, 39, TimeSpan.Zero),
        "20.10-more" => new DateTimeOffset(2026, 11, 30, 17, 43, 13, TimeSpan.Zero),
        "26.1" => new DateTimeOffset(2026, 11, 29, 17, 28, 33, TimeSpan.Zero),
        _ => new DateTimeOffset(2026, 11, 29, 16, 44, 47, TimeSpan.Zero),
    };

    internal JsonObject[] Containers { get; }

    internal string Root => _directory["docker"];

    internal AgentCounters Counters { get; } = new();

    internal LatestSamples Samples { get; }

    internal ContainerInventory Inventory { get; }

    internal LiveNetworks Networks { get; }

    internal ImageStore Images { get; }

    /// <summary>The whole API, with the processes of the running containers.</summary>
    /// <param name="cgroup"><c>v1</c> or <c>v2</c>.</param>
    internal DockerApi WholeApi(string cgroup)
    {
        string hierarchy = cgroup == "v2" ? "cgroup" : "cgroup/pids";
        if (cgroup == "v2") _directory.Write("cgroup/cgroup.controllers", "cpu memory io pids\n");
        foreach ((string file, string text) in ((string, string)[])
            [
                ("sys/kernel/osrelease", "6.12.1\n"), ("sys/kernel/hostname", "example\n"), ("sys/net/ipv4/ip_forward", "1\n"), ("sys/net/bridge/bridge-nf-call-iptables", "1\n"),
                ("sys/net/bridge/bridge-nf-call-ip6tables", "1\n"), ("stat", "cpu  2 0 0\ncpu0 1 0 0\ncpu1 1 0 0\n"), ("meminfo", "MemTotal:       24684092 kB\n"),
                ("1/root/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n"), ("1/root/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
            ])
        {
            _directory.Write("proc/" + file, text);
        }

        foreach (JsonObject container in Containers)
        {
            if ((int)container["inspect"]!["State"]!["Pid"]! is var pid and > 0) WriteProcess($"{hierarchy}/docker/{container["config"]!["ID"]}", pid);
        }

        var roots = new HostRoots(_directory["proc"], _directory["cgroup"], _directory["run"], _directory["sys"]);
        return new DockerApi
        {
            Options = new DockerApiOptions { Environment = true },
            Samples = Samples,
            Inventory = Inventory,
            Images = Images,
            Events = new EventLog(10, Counters),
            Agent = new AgentVersion("1.2", "abc"),
            Roots = roots,
            Mounts = CgroupMounts.Find(roots),
        };
    }

    public void Dispose() => _directory.Dispose();

    internal static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(RecordedDocker).Assembly.GetManifestResourceStream("DockerContainers/" + name)!);
        return reader.ReadToEnd();
    }

    /// <summary>Its name, with the slash.</summary>
    internal static string NameOf(JsonObject container) => (string)container["config"]!["Name"]!;

    private void WriteState(JsonObject container)
    {
        string id = (string)container["config"]!["ID"]!;
        _directory.Write($"docker/containers/{id}/config.v2.json", container["config"]!.ToJsonString());
        _directory.Write($"docker/containers/{id}/hostconfig.json", (container["host"] ?? container["inspect"]!["HostConfig"])!.ToJsonString());
        if (container["inspect"]!["GraphDriver"]?["Data"] is not JsonObject data) return;

        // The files from which dockerd knew these directories.
        string upper = (string)data["UpperDir"]!;
        string mount = upper.Split('/')[^2];
        _directory.Write($"docker/image/overlay2/layerdb/mounts/{id}/mount-id", mount);
        string[] lowers = ((string)data["LowerDir"]!).Split(':');
        _directory.Write($"docker/overlay2/{mount}/lower", string.Join(':', lowers.Select((_, index) => $"l/{mount[..20]}{index}")));
        Directory.CreateDirectory(_directory["docker/overlay2/l"]);
        for (int i = 0; i < lowers.Length; i++) File.CreateSymbolicLink(_directory[$"docker/overlay2/l/{mount[..20]}{i}"], $"../{lowers[i].Split('/')[^2]}/diff");
    }

    private void WriteProcess(string cgroup, int pid)
    {
        _directory.Write($"{cgroup}/cgroup.procs", $"{pid}\n");
        _directory.Write($"proc/{pid}/stat", $"{pid} (sleep) S 1 {pid} {pid} 0 -1 4194560 900 0 0 0 3 1 0 0 20 0 1 0 5000 1 1 1\n");
        _directory.Write($"proc/{pid}/status", "Name:\tsleep\nUid:\t0\t0\t0\t0\n");
        _directory.Write($"proc/{pid}/cmdline", "/bin/sleep\0infinity\0");
    }

    // One layer with the size of the image: the recording has no layers.
    private void WriteImages()
    {
        if (Version == "29.7") return;
        var repositories = new JsonObject();
        foreach (JsonNode? image in JsonNode.Parse(Resource($"{Version}.images.json"))!.AsArray())
        {
            WriteImage((string)image!["Id"]!, (long)image["Size"]!, (long)image["Created"]!, image["Labels"]);
            foreach (JsonNode? tag in image["RepoTags"]!.AsArray()) repositories[((string)tag!).Split(':')[0]] = new JsonObject { [(string)tag!] = (string)image["Id"]! };
        }

        _directory.Write("docker/image/overlay2/repositories.json", new JsonObject { ["Repositories"] = repositories }.ToJsonString());

        // Images that have lost their name, and those from which others were built.
        foreach (JsonObject container in Containers)
        {
            string id = (string)container["listed"]!["ImageID"]!;
            if (!File.Exists(_directory[ImagePath("content", id)])) WriteImage(id, (long)container["listed"]!["SizeRootFs"]!, 0, null);
        }

        if (Version != "20.10-more") return;
        foreach ((string id, JsonNode? parent) in JsonNode.Parse(Resource($"{Version}.parents.json"))!.AsObject())
        {
            _directory.Write(ImagePath("metadata", id) + "/parent", (string)parent!);
            if (!File.Exists(_directory[ImagePath("content", id)])) WriteImage(id, 0, 0, null);
        }
    }

    private void WriteImage(string id, long bytes, long createdSeconds, JsonNode? labels)
    {
        var content = new JsonObject
        {
            ["created"] = DateTimeOffset.FromUnixTimeSeconds(createdSeconds).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            ["config"] = new JsonObject { ["Labels"] = labels?.DeepClone() },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(id) },
        };
        _directory.Write(ImagePath("content", id), content.ToJsonString());
        _directory.Write($"docker/image/overlay2/layerdb/sha256/{id[7..]}/size", bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string ImagePath(string kind, string id) => $"docker/image/overlay2/imagedb/{kind}/sha256/{id[7..]}";

    // The running containers, with what they have written: nothing.
    private void Publish()
    {
        ImmutableArray<Container> live =
        [
            .. Containers.Where(container => (bool)container["inspect"]!["State"]!["Running"]!).Select((container, index) => new Container(
                index + 1, new ContainerIdentity(ContainerRuntime.Docker, (string)container["config"]!["ID"]!, NameOf(container)[1..]), "/docker/" + (string)container["config"]!["ID"]!, null)
            {
                State = container["inspect"]!["State"]!["Health"] is null ? new RuntimeState(0) : new RuntimeState(0, true, HealthStatus.Healthy),
            }),
        ];
        Samples.BeginCycle(new ContainerList(1, live));
        foreach (Container container in live)
        {
            var sample = new ContainerSample { State = ContainerState.Running, FilesystemsPublished = true };
            sample.Filesystems.Add("/"u8).Readings.Set(Reading.DiskUsedBytes, 0);
            Samples.Accept(container, sample);
        }

        Samples.EndCycle(default);
    }
}
