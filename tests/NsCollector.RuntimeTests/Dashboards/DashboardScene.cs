using System.Diagnostics;
using System.Globalization;
using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Influx;
using NsCollector.RuntimeTests.Memory;
using NsCollector.RuntimeTests.Prometheus;

namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>
/// Containers that work and are limited, an agent that samples them, a second agent in trouble, and a Prometheus and an InfluxDB that
/// have the figures of both.
/// </summary>
public sealed class DashboardScene : IDisposable
{
    /// <summary>The database with the agents' own schema.</summary>
    public const string OwnDatabase = "own";

    /// <summary>The database with Telegraf's schema.</summary>
    public const string TelegrafDatabase = "telegraf";

    /// <summary>The tag <c>host</c> of the agent in trouble.</summary>
    public const string TroubledHost = "troubled";

    /// <summary>A target of Prometheus on which nothing listens.</summary>
    public const string DeadAddress = "127.0.0.1:1";

    // It loses points once the spool of a dead server is full.
    private const int SpoolBytes = 256 << 10;
    private const int LimitBytes = 512 << 20;

    // What kube-state-metrics says about the pod.
    private const string StateMetrics = """
        groups:
          - name: state-metrics
            rules:
              - record: kube_pod_info
                expr: vector(1)
                labels: { namespace: shop, pod: web-0, node: node-1 }
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly List<IDisposable> _parts = [];
    private readonly SecondDockerEngine _engine;
    private Process? _troubled, _pauses;

    /// <summary>Starts everything, unless the tests are skipped.</summary>
    /// <param name="engine">The daemon of the containers.</param>
    public DashboardScene(SecondDockerEngine engine)
    {
        _engine = engine;
        if (new DashboardFactAttribute().Skip is not null) return;
        try
        {
            string address = $"127.0.0.1:{ServerProcess.FreePort()}";
            TroubledAddress = $"127.0.0.1:{ServerProcess.FreePort()}";
            Influx = Add(new InfluxServer());
            foreach (string database in (string[])[OwnDatabase, TelegrafDatabase, "refusing"]) Influx.CreateDatabaseNamed(database);

            // The server refuses integers for a field that has texts.
            Influx.Write("refusing", "nscollector,host=troubled cycles=\"a text\"\n");
            StartContainers();
            Agent = Add(new RunningAgent([
                .. Settings, "agent:interval=1s", $"http:listen={address}", "http:host_names=node", "host:cpu_cores=on", "network:connections=on", "network:connections_interval=1s",
                "identity:labels=org.label-schema.group", "filesystem:containers=on", "filesystem:interval=2s", "discovery:container_states=5s", $"spool:path={_directory["spool"]}", .. Sink("own", OwnDatabase),
                .. Sink("telegraf", TelegrafDatabase), "influx:telegraf:schema=telegraf", "influx:telegraf:telegraf_host=on", "influx:telegraf:telegraf_perdevice=cpu, network, blkio",
            ]));
            StartTroubledAgent();
            string scrapes = $"  - job_name: nscollector\n    static_configs: [ {{ targets: [ '{address}', '{TroubledAddress}', '{DeadAddress}' ] }} ]\n  - job_name: cadvisor\n    metrics_path: /metrics/cadvisor\n    static_configs: [ {{ targets: [ '{address}' ] }} ]\n";
            Prometheus = Add(new PrometheusServer(scrapes, [AlertFiles.ShortPrometheusRules, StateMetrics], targets: 3));
            Eventually.True(() => Prometheus.Query("nscollector_cycles_total").Min() > 20, "20 cycles", () => Agent.Log);

            // Rates of the slowest of what happens in the containers: a restart, and a batch of 16 connections.
            Thread.Sleep(TimeSpan.FromSeconds(15));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The page of the agent in trouble.</summary>
    internal string TroubledAddress { get; } = "";

    /// <summary>The InfluxDB.</summary>
    internal InfluxServer Influx { get; } = null!;

    /// <summary>The Prometheus; it evaluates the alerts with short times.</summary>
    internal PrometheusServer Prometheus { get; } = null!;

    /// <summary>The agent that is not in trouble.</summary>
    internal RunningAgent Agent { get; } = null!;

    private string[] Settings => _engine.Settings;

    public void Dispose()
    {
        foreach (Process process in new[] { _pauses, _troubled }.OfType<Process>())
        {
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
        }

        foreach (IDisposable part in Enumerable.Reverse(_parts)) part.Dispose();
        _directory.Dispose();
    }

    private void StartContainers()
    {
        // On cgroup v1, recent kernels count I/O only after some cgroup has had a limit on the device.
        string device = $"/dev/{BlockDevice.Under(_engine.DataRoot).Name}";
        // So small a limit that the container reaches it on a busy machine too.
        Start("throttled", ["--cpus", "0.02", "--pids-limit", "100"], "while :; do :; done");
        Add(_engine.StartBurn("boards-full", ["--memory", "64m"], "--memory-mib", "59", "--life-ms", "600000"));
        Start("oom", ["--memory", "32m"], "while :; do sh -c 'echo 1000 > /proc/self/oom_score_adj; head -c 100000000 /dev/zero | tail > /dev/null'; sleep 1; done");

        // Docker restarts it without a longer delay each time if it has run for 10 s.
        Start("again", ["--restart", "always"], "sleep 11; exit 3");
        Start("disk", ["--volume", "/vol", "--device-write-bps", $"{device}:1gb", "--device-read-bps", $"{device}:1gb"],
            "while :; do dd if=/dev/zero of=/vol/x bs=1M count=4 oflag=direct; dd if=/vol/x of=/dev/null bs=1M iflag=direct; sleep 0.5; done");
        DockerContainer web = Start("web", [], "head -c 1000000 /dev/zero > /tmp/x; nc -ll -p 81 -e cat & exec httpd -f -p 80 -h /tmp");

        // A connection that stays, downloads, and datagrams to a port without a socket.
        Start("client", [], $"while :; do (while echo x; do sleep 0.2; done) | nc {web.Address} 81 > /dev/null; sleep 0.2; done & while :; do wget -q -O /dev/null http://{web.Address}/x; echo x | nc -u -w 1 {web.Address} 9; sleep 0.3; done");

        // A pod of cri-dockerd, and a container of the group that dockprom selects.
        DockerContainer sandbox = Start("sandbox", PodLabels("podsandbox", "POD"), "exec sleep 10000");
        Start("app", [.. PodLabels("container", "app"), "--network", $"container:{sandbox.Id}", "--cpus", "0.05", "--memory", "64m", "--volume", "/vol"],
            "while :; do dd if=/dev/zero of=/vol/x bs=64k count=1 oflag=direct; dd if=/vol/x of=/dev/null bs=64k iflag=direct; i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done");
        Start("monitor", ["--label", "org.label-schema.group=monitoring"], "exec sleep 10000");

        // A listener that accepts nothing, and more connections than its queue holds: their SYNs are sent again.
        DockerContainer queue = Start("queue", [], "httpd -f -p 80 & sleep 0.5; kill -STOP $!; exec sleep 10000");
        Start("crowd", [], $"mkfifo /f; exec 3<>/f; while :; do for i in $(seq 16); do nc {queue.Address} 80 <&3 > /dev/null & done; sleep 4; killall nc; done");
    }

    private static string[] PodLabels(string type, string container) =>
        ["--label", "io.kubernetes.pod.namespace=shop", "--label", "io.kubernetes.pod.name=web-0", "--label", "io.kubernetes.pod.uid=0b1c2d3e-0000-4000-8000-000000000001", "--label", $"io.kubernetes.container.name={container}", "--label", $"io.kubernetes.docker.type={type}"];

    private DockerContainer Start(string name, string[] options, string script) => Add(_engine.Start($"boards-{name}", options, script));

    private void StartTroubledAgent()
    {
        var cgroup = Add(new LimitedCgroup(LimitBytes));
        _troubled = cgroup.Start(AgentProgram.Words(AgentProgram.RunArguments(_directory["troubled.lp"], [
            .. Settings, $"agent:host={TroubledHost}", "agent:interval=100ms", $"http:listen={TroubledAddress}", "http:host_names=node", "http:parents=off",
            $"spool:path={_directory["troubled-spool"]}", "spool:sync=never", $"spool:max_size={SpoolBytes.ToString(CultureInfo.InvariantCulture)}", "spool:file_size=64KiB", "encode:batch_size=64KiB",
            .. Sink("own", OwnDatabase), .. Sink("refusing", "refusing"), "influx:own:metrics_include=nscollector.*", "influx:refusing:metrics_include=nscollector.*", "influx:dead:url=http://127.0.0.1:1", "influx:dead:database=none",
        ])));
        int pid = _troubled.Id;
        Eventually.True(() => !_troubled.HasExited && Command.Try("curl", "-sf", "-o", "/dev/null", $"http://{TroubledAddress}/readyz").Status == 0, "a cycle of the agent in trouble");

        // A stopped agent skips cycles.
        _pauses = Command.Start("sh", "-c", $"while kill -STOP {pid} && sleep 0.3; kill -CONT {pid}; do sleep 1; done");
    }

    private string[] Sink(string name, string database) => [$"influx:{name}:url={Influx.Url}", $"influx:{name}:database={database}"];

    private T Add<T>(T part)
        where T : IDisposable
    {
        _parts.Add(part);
        return part;
    }
}
