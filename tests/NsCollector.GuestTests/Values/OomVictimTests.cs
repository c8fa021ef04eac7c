using System.Globalization;
using System.Text.RegularExpressions;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>The victims of OOM kills on pure cgroup v2, with and without the service's right to read the kernel's log.</summary>
[Collection(GuestCollection.Name)]
public sealed class OomVictimTests(Guest guest) : IDisposable
{
    /// <summary>The drop-in of docs/operations.md.</summary>
    internal const string DropIn = "AmbientCapabilities=CAP_SYSLOG\nCapabilityBoundingSet=CAP_SYSLOG\nProtectKernelLogs=no\nBindReadOnlyPaths=/dev/kmsg\nDeviceAllow=/dev/kmsg r";

    private const string Outer = "/oomtest", Inner = Outer + "/inner";

    public void Dispose()
    {
        if (Guest.SshConfig is null) return;
        // After the kill, the last process takes a moment to leave its cgroup.
        guest.Run($"cd /sys/fs/cgroup; for c in .{Inner} .{Outer}; do for i in $(seq 100); do [ -d $c ] || break; echo 1 > $c/cgroup.kill; rmdir $c || sleep 0.1; done; done 2> /dev/null || true");
    }

    [GuestTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Victims_in_containers_need_the_drop_in(bool isGranted)
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        using UnitDropIn? dropIn = isGranted ? new UnitDropIn(guest, DropIn) : null;
        using var agent = new InstalledAgent(guest, interval: "10m");
        try
        {
            Assert.All(engines, engine =>
            {
                engine.Start("oom-victim", "--memory 32m --memory-swap 32m --network none", "/bin/sh -c 'burn --memory-mib 64; exec sleep 3600'");
                RunningContainer container = engine.Inspect("oom-victim");
                Guest.Await(() => Points(agent, container.Id).Length > 0, $"the kill in {engine.Name}'s container is reported", () => agent.Log);
                Point point = Assert.Single(Points(agent, container.Id));
                Assert.Equal(1, point.Integer("kills"));
                Assert.Equal(guest.Integer("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo") * 1024, point.Integer("host_memory_total_bytes"));
                if (!isGranted)
                {
                    Assert.All((string[])["victim_name", "victim_pid", "victim_rss_bytes", "victim_oom_score_adj", "constraint", "constraint_cgroup"], name => Assert.False(point.Has(name)));
                    return;
                }

                string summary = guest.Run($"dmesg | grep 'oom-kill:.*task_memcg=[^,]*{container.Id}'");
                int pid = int.Parse(Regex.Match(summary, @",pid=(\d+),uid=0$").Groups[1].Value, CultureInfo.InvariantCulture);
                Assert.Equal((pid, "burn", "container"), (point.Integer("victim_pid"), point.Text("victim_name"), point.Text("constraint")));
                AssertKernelLine(pid, point);
            });
            if (!isGranted) Assert.Contains("Cannot open /dev/kmsg", agent.Log, StringComparison.Ordinal);
            string finding = guest.Run("nscollector check --as-service").Split('\n').Single(line => line.Contains(" OOM victims: ", StringComparison.Ordinal));
            Assert.Contains(isGranted ? "container_oom names them" : "/dev/kmsg cannot be opened", finding, StringComparison.Ordinal);
            string overall = guest.Run("systemd-analyze --no-pager security nscollector.service").Split('\n').Single(line => line.Contains("Overall exposure level", StringComparison.Ordinal));
            Assert.InRange(double.Parse(overall.Split(": ")[1].Split(' ')[0], CultureInfo.InvariantCulture), 0.1, 3.0);
            Point self = agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("kernel_log_overruns"));
            Assert.Equal((0, 0), (self.Integer("kernel_log_overruns"), self.Integer("read_errors")));
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Remove("oom-victim"));
        }
    }

    /// <summary>Kubernetes sets memory.oom.group for its containers. The kernel then kills all processes, and counts the first one twice.</summary>
    [GuestFact]
    public void Victims_of_a_group_below_a_limit_are_all_named()
    {
        using var dropIn = new UnitDropIn(guest, DropIn);
        guest.Run($"cd /sys/fs/cgroup && echo +memory > cgroup.subtree_control && mkdir -p .{Outer} && echo +memory > .{Outer}/cgroup.subtree_control && mkdir -p .{Inner} && echo 1 > .{Inner}/memory.oom.group && echo 32M > .{Outer}/memory.max && echo 0 > .{Outer}/memory.swap.max");
        using var agent = new InstalledAgent(guest, $"[discovery]\ncgroup_paths = {Outer}/*\n", interval: "10m");

        // In seconds: until then the agent cannot know whether lines before its start were suppressed.
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "nscollector"), "the first cycle", () => agent.Log);
        guest.Run("sleep 7");
        string[] sleeping = [.. Enumerable.Range(0, 2).Select(_ => guest.Run($"sh -c 'echo $$ > /sys/fs/cgroup{Inner}/cgroup.procs; exec sleep 3600' > /dev/null 2>&1 & echo $!"))];
        guest.Run($"sh -c 'echo $$ > /sys/fs/cgroup{Inner}/cgroup.procs; exec burn --memory-mib 64' || true");
        long Killed() => guest.Integer($"sed -n 's/^oom_kill //p' /sys/fs/cgroup{Inner}/memory.events");
        Guest.Await(() => Killed() >= 3, "the group is killed");
        Guest.Await(() => Inside(agent).Sum(point => point.Integer("kills")) >= Killed(), "all kills are reported", () => agent.Log);
        Assert.Equal(Killed(), Inside(agent).Sum(point => point.Integer("kills")));
        Assert.All(Inside(agent), point => Assert.Equal(("ancestor", Outer), (point.Text("constraint"), point.Text("constraint_cgroup"))));
        Assert.Equal(["burn", "sleep"], Inside(agent).Select(point => point.Text("victim_name")).Distinct().Order());
        Assert.Equal(
            sleeping.Select(pid => long.Parse(pid, CultureInfo.InvariantCulture)).Order(),
            Inside(agent).Where(point => point.Text("victim_name") == "sleep").Select(point => point.Integer("victim_pid")).Distinct().Order());
        foreach (Point point in Inside(agent).Where(point => point.Text("victim_name") == "sleep")) AssertKernelLine((int)point.Integer("victim_pid"), point);
    }

    /// <summary>Before 6.15 the kernel does not report how a process ended, and only the log says it.</summary>
    [GuestFact]
    public void Exit_reason_is_oom_if_the_log_names_the_init_process()
    {
        Engine docker = Engine.Docker(guest);
        using var dropIn = new UnitDropIn(guest, DropIn);
        using var agent = new InstalledAgent(guest, interval: "1s");
        try
        {
            docker.Start("oom-init", "--memory 32m --memory-swap 32m --network none", "/bin/sh -c 'sleep 8; exec burn --memory-mib 64'");
            string id = docker.Inspect("oom-init").Id;
            Point? exit = null;
            Guest.Await(() => (exit = agent.Points.FirstOrDefault(point => point.Measurement == "container_exit" && point.Text("container_id") == id)) is not null, "the exit", () => agent.Log);
            Assert.Equal("oom", exit!.Text("exit_reason"));
        }
        finally
        {
            docker.Remove("oom-init");
        }
    }

    private static Point[] Points(InstalledAgent agent, string id) => [.. agent.Points.Where(point => point.Measurement == "container_oom" && point.Text("container_id") == id)];

    private static Point[] Inside(InstalledAgent agent) => [.. agent.Points.Where(point => point.Measurement == "container_oom" && point.Tags["runtime"] == "cgroup")];

    private void AssertKernelLine(int pid, Point point)
    {
        string line = guest.Run($"dmesg | grep 'Killed process {pid} (' | tail -n 1");
        Match match = Regex.Match(line, @"anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB, UID:0 pgtables:\d+kB oom_score_adj:(-?\d+)$");
        Assert.True(match.Success, line);
        long Number(int group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
        Assert.Equal(((Number(1) + Number(2) + Number(3)) * 1024, Number(4)), (point.Integer("victim_rss_bytes"), point.Integer("victim_oom_score_adj")));
    }
}
