using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Encode;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.ContainerEndpoints;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Serve.Docker.Events;
using NsCollector.Serve.Docker.Host;
using NsCollector.Serve.Docker.Networks;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Docker.Containers;

public sealed class ContainerInventoryTests : IDisposable
{
    private const string DockerId = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string PodmanId = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private readonly TemporaryDirectory _directory = new();
    private readonly LatestSamples _samples = new([], TimeSpan.FromMinutes(5));
    private readonly AgentCounters _counters = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Containers_of_all_runtimes_are_listed_with_those_that_do_not_run()
    {
        WriteDocker(DockerId, "/web", "exited");
        _directory.Write(
            "podman/overlay-containers/containers.json",
            $$"""[{"id":"{{PodmanId}}","names":["db"],"image":"{{new string('c', 64)}}","metadata":"{\"image-name\":\"docker.io/library/postgres:16\"}","created":"2026-11-29T17:26:14.5Z"},{"id":"{{new string('d', 64)}}","names":["k8s"],"metadata":"{\"image-name\":\"x\",\"pod-id\":\"y\"}"}]""");
        _directory.Write("podman/overlay-containers/" + PodmanId + "/userdata/config.json", """{"process":{"args":["postgres","-c","a b"],"env":["PGPASSWORD=secret"]},"linux":{"resources":{"memory":{"limit":1048576}}}}""");
        _directory.Write("lxc/vm1/config", "lxc.uts.name = vm1\nlxc.cgroup2.memory.max = 512M\n");
        Directory.CreateDirectory(_directory["lxc/not-a-container"]);
        Publish(new Container(1, new ContainerIdentity(ContainerRuntime.Lxc, "vm2", "vm2"), "/lxc.payload.vm2", null));

        InventoryList list = Inventory().Current();
        Assert.Equal(
            ["db podman Stopped", "vm1 lxc Stopped", "vm2 lxc Running", "web docker Exited"],
            list.Entries.Select(entry => $"{entry.Container.Name} {entry.Details.Labels.FirstOrDefault(label => label.Key == "nscollector.runtime").Value ?? "docker"} {entry.Container.State}").Order());
        Assert.Equal(["db", "vm1", "web"], list.Containers.Where(container => container.HasState).Select(container => container.Name).Order());
        InventoryEntry db = list.Entries.Single(entry => entry.Container.Name == "db");
        Assert.Equal((PodmanId, "docker.io/library/postgres:16", "postgres -c 'a b'"), (db.Container.Id, db.Details.Image!, ListEntryWriter.CommandOf(db.Details)));
        Assert.Equal((1_795_973_174_500_000_000, 1_048_576), (db.Details.CreatedNs, db.Details.Limits!.Memory));
        Assert.Equal(536_870_912, list.Entries.Single(entry => entry.Container.Name == "vm1").Details.Limits!.Memory);
    }

    [Fact]
    public async Task Names_and_labels_that_are_hostile_stay_in_their_strings()
    {
        const string Hostile = "\"}],\"x\":[{\"\n\\\u2028é";
        WriteDocker(DockerId, "/" + Hostile, "exited", Hostile);
        DockerAnswer list = await DockerAnswer.Of(new ContainerListEndpoint(Inventory(), Images(), _samples, Networks), 56, "", ("all", "1"));
        JsonObject container = Assert.Single(list.List)!.AsObject();
        Assert.Equal("/" + Hostile.Trim('/').Replace('\n', '_'), (string)container["Names"]![0]!);
        Assert.Equal(Hostile, (string)container["Labels"]![Hostile]!);
    }

    [Fact]
    public void Damaged_files_give_a_container_without_details_and_count()
    {
        foreach (string text in (string[])["", "{", "[]", "null", """{"Name":"\ud800"}""", new string('[', 5000), """{"Name":7,"State":"x","Config":[],"NetworkSettings":{"Networks":[1]},"MountPoints":{"/a":3},"Args":{"0":"x"}}"""])
        {
            _directory.Write($"docker/containers/{DockerId}/config.v2.json", text);
            InventoryEntry entry = Assert.Single(Inventory().Current().Entries);
            Assert.Equal((DockerId, DockerId[..12]), (entry.Container.Id, entry.Container.Name));
        }

        Assert.True(_counters[AgentCounter.IdentityErrors] >= 4);
    }

    [Fact]
    public void Container_inside_another_gets_nothing_of_the_host_by_its_id()
    {
        WriteDocker(DockerId, "/secret", "running");
        Publish(
            new Container(1, new ContainerIdentity(ContainerRuntime.Docker, PodmanId, "outer"), "/docker/" + PodmanId, null),
            new Container(2, new ContainerIdentity(ContainerRuntime.Docker, DockerId, "inner"), $"/docker/{PodmanId}/docker/{DockerId}", null));
        InventoryList list = Inventory().Current();
        Assert.Equal(DockerId, list.Entries.Single(entry => entry.Container.Name == "secret").Container.Id);
        InventoryEntry inner = list.Entries.Single(entry => entry.Container.Name == "inner");
        Assert.NotEqual(DockerId, inner.Container.Id);
        Assert.Null(inner.Source);
    }

    [Fact]
    public void Host_containers_keep_ids_that_the_owner_of_a_container_chose_too()
    {
        string nspawn = NsCollector.Serve.Docker.DockerId.Of(ContainerRuntime.Nspawn, "web");
        Container outer = new(1, new ContainerIdentity(ContainerRuntime.Docker, PodmanId, "outer"), "/docker/" + PodmanId, null);
        Container inner = new(2, new ContainerIdentity(ContainerRuntime.Docker, nspawn, "inner"), $"/docker/{PodmanId}/docker/{nspawn}", null);
        Container innerLxc = new(3, new ContainerIdentity(ContainerRuntime.Lxc, "web", "lxc"), $"/docker/{PodmanId}/lxc.payload.web", null);
        Container machine = new(4, new ContainerIdentity(ContainerRuntime.Nspawn, "web", "machine"), "/machine.slice/systemd-nspawn@web.service", null);
        Publish(outer, inner, innerLxc, machine);
        ContainerInventory inventory = Inventory();
        InventoryList list = inventory.Current();
        Assert.Equal(nspawn, list.Entries.Single(entry => entry.Container.Name == "machine").Container.Id);

        // Events have the ids of the list.
        foreach (Container container in (Container[])[outer, innerLxc, machine])
            Assert.Equal(list.Entries.Single(entry => entry.Container.Live == container).Container.Id, inventory.IdOf(container));
    }

    [Fact]
    public void Creation_and_removal_in_state_files_become_events()
    {
        var log = new EventLog(8, _counters);
        var states = new StateEvents(Inventory(), log);
        states.Compare();
        WriteCreated(PodmanId, "old", "2020-01-01T00:00:00Z");
        WriteCreated(DockerId, "new", GoTime.Text(SystemClock.RealtimeNs()));
        List<DockerEvent> events = [];
        long from = 0;
        Eventually.True(() => Seen() == 1, "the new container is created");
        Directory.Delete(_directory["docker/containers"], recursive: true);
        Eventually.True(() => Seen() == 3, "both containers are removed");
        Assert.Equal(["create new tool:1", "destroy new tool:1", "destroy old tool:1"], events.Select(happened => $"{happened.Action} {happened.Name} {happened.Image}").Order());

        int Seen()
        {
            states.Compare();
            log.Read(ref from, events);
            return events.Count;
        }

        void WriteCreated(string id, string name, string created) => _directory.Write(
            $"docker/containers/{id}/config.v2.json", $$$"""{"ID":"{{{id}}}","Name":"/{{{name}}}","Created":"{{{created}}}","State":{},"Config":{"Image":"tool:1"}}""");
    }

    [Fact]
    public void Layer_of_an_impossible_size_is_not_summed()
    {
        string id = "sha256:" + new string('a', 64);
        _directory.Write($"imagedb/content/sha256/{id[7..]}", $$$"""{"rootfs":{"diff_ids":["{{{id}}}"]}}""");
        _directory.Write($"layerdb/sha256/{id[7..]}/size", "9223372036854775807");
        Assert.Null(new StoredImages(_directory.Path, Sources(Options).Documents).Find(id)!.SizeBytes);
    }

    [Fact]
    public void Hanging_disk_is_waited_for_once_and_not_by_each_request()
    {
        var files = new FileReadLock(TimeSpan.FromMilliseconds(300));
        using var end = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var hanging = new Thread(() =>
        {
            Assert.True(files.TryEnter());
            entered.Set();
            end.Wait();
            files.Exit();
        });
        hanging.Start();
        entered.Wait();
        Assert.False(files.TryEnter());
        long before = SystemClock.MonotonicNs();
        for (int i = 0; i < 20; i++) Assert.False(files.TryEnter());

        // 20 waits would take six seconds.
        Assert.InRange(SystemClock.MonotonicNs() - before, 0, 3_000_000_000);
        end.Set();
        hanging.Join();
        Assert.True(files.TryEnter());
        files.Exit();
    }

    [Fact]
    public void Filter_leaves_out_containers_that_do_not_run_too()
    {
        WriteDocker(DockerId, "/web", "exited");
        WriteDocker(PodmanId, "/db", "exited");
        InventoryList list = Inventory(new FilterOptions { Exclude = ["docker/w*"] }).Current();
        Assert.Equal("db", Assert.Single(list.Entries).Container.Name);
    }

    [Fact]
    public void Container_that_is_new_is_found_after_a_quarter_of_a_second()
    {
        ContainerInventory inventory = Inventory();
        Assert.Empty(inventory.All());
        WriteDocker(DockerId, "/web", "created");
        Eventually.True(() => inventory.Find("web").Container?.State == RunState.Created, "the new container is listed");
        Directory.Delete(_directory[$"docker/containers/{DockerId}"], recursive: true);
        Eventually.True(() => inventory.All().IsEmpty, "the removed container is gone");
    }

    [Fact]
    public void Creation_and_removal_of_files_are_events_with_and_without_process()
    {
        WriteDocker(PodmanId, "/old", "exited");
        var log = new EventLog(8, _counters);
        var events = new StateEvents(Inventory(), log);
        events.Compare();
        DateTime now = DateTime.UtcNow.AddSeconds(1);
        WriteDocker(DockerId, "/web", "created", created: now);
        Await("create web");

        // Started, and later still running when its files are gone.
        Publish(new Container(1, new ContainerIdentity(ContainerRuntime.Docker, DockerId, "web"), "/docker/" + DockerId, null));
        Directory.Delete(_directory[$"docker/containers/{PodmanId}"], recursive: true);
        Await("create web, destroy old");
        Directory.Delete(_directory[$"docker/containers/{DockerId}"], recursive: true);
        Await("create web, destroy old, destroy web");

        // Older than the agent: its directory was only found now.
        WriteDocker(PodmanId, "/old", "exited");
        WriteDocker(DockerId, "/web", "created", created: now);
        Await("create web, destroy old, destroy web, create web");

        void Await(string expected) => Eventually.True(
            () =>
            {
                events.Compare();
                return Texts() == expected;
            },
            expected, Texts);

        string Texts()
        {
            long from = 0;
            var found = new List<DockerEvent>();
            log.Read(ref from, found);
            return string.Join(", ", found.Select(happened => $"{happened.Action} {happened.Name}"));
        }
    }

    [Fact]
    public void Pod_has_the_names_and_labels_of_dockershim_and_its_sandbox_as_network()
    {
        string sandbox = new('e', 64);
        _directory.Write(
            $"run/containers/storage/overlay-containers/{PodmanId}/userdata/config.json",
            $$$"""{"annotations":{"io.kubernetes.cri-o.SandboxID":"{{{sandbox}}}","io.kubernetes.cri-o.Labels":"{\"tier\":\"front\"}","io.kubernetes.container.restartCount":"2"},"linux":{"namespaces":[{"type":"network","path":"/x"}]}}""");
        Publish(new Container(1, new ContainerIdentity(ContainerRuntime.Crio, PodmanId, "app", "tool:1", "prod", "web-0", "1b2c"), $"/kubepods/pod1b2c/crio-{PodmanId}", null));
        InventoryEntry entry = Assert.Single(Inventory().Current().Entries);
        Assert.Equal("k8s_app_web-0_prod_1b2c_2", entry.Container.Name);
        Assert.False(entry.Container.HasState);
        Assert.Equal("container:" + sandbox, entry.Details.NetworkMode);
        Assert.Equal(
            ["tier=front", "io.kubernetes.pod.name=web-0", "io.kubernetes.pod.namespace=prod", "io.kubernetes.container.name=app", "io.kubernetes.pod.uid=1b2c", "nscollector.runtime=crio"],
            entry.Details.Labels.Select(label => $"{label.Key}={label.Value}"));
    }

    [Fact]
    public async Task Inspect_of_another_runtime_shows_its_bundle_but_no_environment()
    {
        _directory.Write("podman/overlay-containers/containers.json", $$"""[{"id":"{{PodmanId}}","names":["db"],"metadata":"{\"image-name\":\"postgres\"}"}]""");
        _directory.Write(
            $"podman/overlay-containers/{PodmanId}/userdata/config.json",
            """{"hostname":"h","process":{"args":["postgres"],"env":["PGPASSWORD=secret"],"cwd":"/srv","user":{"uid":70,"gid":71}},"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","ro","rprivate"]},{"destination":"/etc/hosts","type":"bind","source":"/x"}],"linux":{"resources":{"cpu":{"quota":50000,"period":100000},"pids":{"limit":0}}}}""");
        var endpoint = new ContainerInspectEndpoint(Inventory(), Images(), _samples, Networks, new DockerApiOptions());
        JsonNode body = (await DockerAnswer.Of(endpoint, 56, "db")).Body;
        Assert.DoesNotContain("secret", body.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("""["postgres"]""", body["Config"]!["Cmd"]!.ToJsonString());
        Assert.Equal(("h", "70:71", "/srv"), ((string)body["Config"]!["Hostname"]!, (string)body["Config"]!["User"]!, (string)body["Config"]!["WorkingDir"]!));
        Assert.Equal((50_000, 100_000, -1), ((long)body["HostConfig"]!["CpuQuota"]!, (long)body["HostConfig"]!["CpuPeriod"]!, (long)body["HostConfig"]!["PidsLimit"]!));
        Assert.Equal("""[{"Type":"bind","Source":"/srv/data","Destination":"/data","Mode":"","RW":false,"Propagation":"rprivate"}]""", body["Mounts"]!.ToJsonString());
        Assert.Equal("exited", (string)body["State"]!["Status"]!);
        foreach (string name in (string[])["State", "Config", "HostConfig", "NetworkSettings", "GraphDriver"]) Assert.IsType<JsonObject>(body[name]);
        Assert.False(body["State"]!.AsObject().ContainsKey("ExitCode"));
    }

    private void WriteDocker(string id, string name, string state, string label = "a", DateTime? created = null)
    {
        bool isRunning = state == "running";
        var config = new JsonObject
        {
            ["ID"] = id,
            ["Name"] = name,
            ["Created"] = created?.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) ?? "2026-11-29T17:26:14Z",
            ["State"] = new JsonObject { ["Running"] = isRunning, ["StartedAt"] = state == "created" ? "0001-01-01T00:00:00Z" : "2026-11-29T17:26:15Z" },
            ["Config"] = new JsonObject { ["Labels"] = new JsonObject { [label] = label } },
        };
        _directory.Write($"docker/containers/{id}/config.v2.json", config.ToJsonString());
        _directory.Write($"docker/containers/{id}/hostconfig.json", "{}");
    }

    private void Publish(params ImmutableArray<Container> containers)
    {
        _samples.BeginCycle(new ContainerList(1, containers));
        foreach (Container container in containers) _samples.Accept(container, new ContainerSample { State = ContainerState.Running });
        _samples.EndCycle(default);
    }

    private ContainerInventory Inventory(FilterOptions? filter = null)
    {
        DiscoverOptions options = Options with { Filter = filter ?? new FilterOptions() };
        return new ContainerInventory(Sources(options), _samples, options, Roots);
    }

    private ImageStore Images() => new(() => [_directory["docker"]], Sources(Options).Documents);

    private InventorySources Sources(DiscoverOptions options)
    {
        var log = new RateLimitedLog(NullLogger.Instance);
        return new InventorySources(options, Roots, new HostDaemons(Roots, _counters, log), _ => null, _counters, log);
    }

    private LiveNetworks Networks => new(Roots, _samples, new BridgeNetworks(Roots));

    private HostRoots Roots => new(_directory["proc"], null, _directory["run"], _directory["sys"]);

    private DiscoverOptions Options => new() { DockerRoots = [_directory["docker"]], PodmanRoots = [_directory["podman"]], LxcRoots = [_directory["lxc"]], LxdRoots = [] };
}
