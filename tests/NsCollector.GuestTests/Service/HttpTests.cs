using NsCollector.GuestTests.Values;

namespace NsCollector.GuestTests.Service;

/// <summary>The page of Prometheus, served by the confined service.</summary>
[Collection(GuestCollection.Name)]
public sealed class HttpTests(Guest guest)
{
    private const string Socket = "/run/nscollector/http.sock";

    [GuestFact]
    public void Host_has_the_names_of_node_exporter_with_its_file_systems()
    {
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration + "[http]\nlisten = 127.0.0.1:9469\nhost_names = node\n[host]\ncpu_cores = on\n");
        Guest.Await(() => Status("http://127.0.0.1:9469/readyz") == "200", "the first cycle", () => agent.Log);

        // The file systems are read by a thread, from the first cycle on.
        const string Query = "curl -sf http://127.0.0.1:9469/metrics";
        Guest.Await(() => guest.Run(Query).Contains("\nnode_filesystem_size_bytes{mountpoint=\"/\",", StringComparison.Ordinal), "the root file system", () => agent.Log);
        string[] page = guest.Run(Query).Split('\n');
        string size = page.Single(line => line.StartsWith("node_filesystem_size_bytes{mountpoint=\"/\",", StringComparison.Ordinal));
        Assert.Equal(guest.Run("df -B1 --output=size / | tail -n 1").Trim(), size.Split(' ')[^1]);
        Assert.Equal(guest.Run("nproc").Trim(), $"{page.Count(line => line.StartsWith("node_cpu_seconds_total{mode=\"idle\",cpu=\"", StringComparison.Ordinal))}");
        Assert.Contains(page, line => line.StartsWith("node_network_receive_bytes_total{device=\"", StringComparison.Ordinal));
        Assert.DoesNotContain(page, line => line.StartsWith("host_filesystem_", StringComparison.Ordinal));
        Unit.Stop(guest);
    }

    [GuestFact]
    public void Page_is_served_on_loopback_and_on_a_socket_for_the_group()
    {
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration + $"[http]\nlisten = 127.0.0.1:9469, unix:{Socket}\n");
        Guest.Await(() => Status("http://127.0.0.1:9469/readyz") == "200", "the first cycle", () => agent.Log);
        Assert.Equal("200", Status("http://127.0.0.1:9469/healthz"));

        string page = guest.Run("curl -sf http://127.0.0.1:9469/metrics");
        Assert.Contains("\ncontainer_cpu_usage_seconds_total{", page, StringComparison.Ordinal);
        Assert.Equal(
            long.Parse(guest.Run("awk '/^MemTotal:/ { print $2 * 1024 }' /proc/meminfo"), System.Globalization.CultureInfo.InvariantCulture),
            long.Parse(page.Split('\n').Single(line => line.StartsWith("machine_memory_bytes{", StringComparison.Ordinal)).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));

        string boot = guest.Run("cat /proc/sys/kernel/random/boot_id"), machine = guest.Run("cat /etc/machine-id");
        Assert.Contains($"\nmachine_memory_bytes{{boot_id=\"{boot}\",machine_id=\"{machine}\"", page, StringComparison.Ordinal);
        Assert.Contains("\nmachine_cpu_sockets{", page, StringComparison.Ordinal);

        Assert.Equal("755 nscollector nscollector", guest.Run($"stat -c '%a %U %G' {Path.GetDirectoryName(Socket)}"));
        Assert.Equal("660 nscollector nscollector", guest.Run($"stat -c '%a %U %G' {Socket}"));
        string asNobody = $"curl -sf -o /dev/null --unix-socket {Socket} http://localhost/metrics";
        Assert.Equal(0, guest.Try($"setpriv --reuid nobody --regid nogroup --groups $(getent group nscollector | cut -d: -f3) -- {asNobody}").Status);
        Assert.NotEqual(0, guest.Try($"setpriv --reuid nobody --regid nogroup --clear-groups -- {asNobody}").Status);

        // A second start finds the socket of a killed process.
        guest.Run("systemctl kill --signal KILL nscollector.service; systemctl reset-failed nscollector.service; systemctl restart nscollector.service");
        Guest.Await(() => guest.Try($"curl -sf -o /dev/null --unix-socket {Socket} http://localhost/readyz").Status == 0, "the page after the restart", () => agent.Log);

        Unit.Stop(guest);
        Assert.NotEqual(0, guest.Try($"test -e {Socket}").Status);
    }

    [GuestFact]
    public void Page_has_the_kernels_figures_of_the_root_and_of_a_slice()
    {
        Engine docker = Engine.Docker(guest);
        docker.Remove("nsc-parents");
        docker.Start("nsc-parents", "", "sleep 1000");
        try
        {
            using var agent = new InstalledAgent(guest, "[http]\nlisten = 127.0.0.1:9469\n");
            Guest.Await(() => Series("/metrics", "container_last_seen").Any(line => line.Contains("name=\"nsc-parents\"", StringComparison.Ordinal)), "the container", () => agent.Log);
            string[] before = Kernel();
            Guest.Await(() => Value("container_cpu_usage_seconds_total{id=\"/system.slice\",cpu=\"total\"} ") * 1e6 >= Number(before[0]), "a later cycle", () => agent.Log);
            double cpu = Value("container_cpu_usage_seconds_total{id=\"/system.slice\",cpu=\"total\"} "), root = Value("container_cpu_usage_seconds_total{id=\"/\",cpu=\"total\"} ");
            double memory = Value("container_memory_usage_bytes{id=\"/system.slice\"} "), whole = Value("container_memory_usage_bytes{id=\"/\"} ");
            string[] after = Kernel();
            Assert.InRange(cpu * 1e6, Number(before[0]), Number(after[0]));

            // The cycle may be before the first reading.
            Assert.InRange(root * 1e6, Number(before[1]) - 5e6, Number(after[1]));
            Assert.InRange(memory, Math.Min(Number(before[2]), Number(after[2])) - (32 << 20), Math.Max(Number(before[2]), Number(after[2])) + (32 << 20));
            Assert.InRange(whole, Math.Min(Number(before[3]), Number(after[3])) - (64 << 20), Math.Max(Number(before[3]), Number(after[3])) + (64 << 20));
            Assert.Equal(1024 * guest.Integer("awk '/^MemTotal:/ { print $2 }' /proc/meminfo"), (long)Value("container_spec_memory_limit_bytes{id=\"/\"} "));
            Assert.Contains(Series("/metrics", "container_pressure_cpu_waiting_seconds_total"), line => line.Contains("{id=\"/system.slice\"}", StringComparison.Ordinal));

            // The root of cgroup v2 has no memory.peak.
            Assert.DoesNotContain(Series("/metrics", "container_memory_max_usage_bytes"), line => line.Contains("{id=\"/\"}", StringComparison.Ordinal));
            Assert.All(Series("/metrics/cadvisor", "container_memory_usage_bytes"), line => Assert.StartsWith("container_memory_usage_bytes{container=\"\",id=\"", line, StringComparison.Ordinal));
            Assert.Contains(Series("/metrics/cadvisor", "container_memory_usage_bytes"), line => line.Contains(",id=\"/\",image=\"\",name=\"\",namespace=\"\",pod=\"\"} ", StringComparison.Ordinal));
            Assert.Equal(0L, agent.Points.Last(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink")).Fields["read_errors"]);
        }
        finally
        {
            docker.Remove("nsc-parents");
        }

        string[] Kernel() => guest.Run(
            "cd /sys/fs/cgroup; awk '/^usage_usec/ { print $2 }' system.slice/cpu.stat cpu.stat; cat system.slice/memory.current; awk '$1 == \"anon\" || $1 == \"file\" { sum += $2 } END { printf \"%d\\n\", sum }' memory.stat").Split('\n');

        string[] Series(string path, string name) => [.. guest.Run($"curl -sf http://127.0.0.1:9469{path} || true").Split('\n').Where(line => line.StartsWith(name + "{", StringComparison.Ordinal))];

        double Value(string series) => Number(Series("/metrics", series[..series.IndexOf('{', StringComparison.Ordinal)]).Single(line => line.StartsWith(series, StringComparison.Ordinal))[series.Length..]);

        static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [GuestFact]
    public void Address_that_others_reach_is_refused_without_credentials()
    {
        string cursor = JournalEntry.Cursor(guest);
        Assert.ThrowsAny<Exception>(() => new InstalledAgent(guest, "[http]\nlisten = 0.0.0.0:9469\n"));
        Assert.Contains(JournalEntry.OfAgentSince(guest, cursor), entry => entry.Message.Contains("insecure", StringComparison.Ordinal));
    }

    private string Status(string url) => guest.Run($"curl -s -o /dev/null -w '%{{http_code}}' {url} || true");
}
