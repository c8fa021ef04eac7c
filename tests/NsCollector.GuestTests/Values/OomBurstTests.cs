using System.Globalization;
using System.Text.RegularExpressions;
using NsCollector.GuestTests.Kernel;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>Many OOM kills at once, and kills that no limit has caused: their points beside memory.events and the kernel's log.</summary>
[Collection(GuestCollection.Name)]
public sealed class OomBurstTests(Guest guest)
{
    private const string Single = "single", Other = "other", Group = "group";

    /// <summary>The kernel describes at most ten kills in five seconds (oom_kill_process in mm/oom_kill.c), and here are more.</summary>
    [GuestFact]
    public void Kills_of_several_containers_at_once_are_all_counted_but_not_all_named()
    {
        const int Processes = 8;
        using var dropIn = new UnitDropIn(guest, OomVictimTests.DropIn);
        using var tree = new CgroupTree(guest, Single, Other, Group);
        foreach (string name in (string[])[Single, Other, Group]) tree.Set(name, ("memory.max", "20M"), ("memory.swap.max", "0"));
        tree.Set(Group, ("memory.oom.group", "1"));
        using var agent = new InstalledAgent(guest, CgroupTree.Configuration, interval: "10m");
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "nscollector"), "the first cycle", () => agent.Log);

        string mark = $"oom-burst-{Guid.NewGuid()}";
        guest.Run($"echo {mark} > /dev/kmsg");

        // They wait for each other at the gate, and live on until each of them has been killed.
        guest.Run($"""
            cd /run && rm -f nsc-gate && mkfifo nsc-gate
            for i in $(seq {Processes}); do
                {string.Join("\n    ", new[] { Single, Other, Group }.Select(name => CgroupTree.Enter(name, "sh -c \"read x < /run/nsc-gate; exec burn --memory-mib 40 --life-ms 600000\"") + " > /dev/null 2>&1 &"))}
            done
            until [ $(cat {CgroupTree.DirectoryOf("*")}/cgroup.procs | wc -l) -ge {3 * Processes} ]; do sleep 0.2; done
            sleep 2
            : > nsc-gate
            timeout 1 sh -c ': > nsc-gate'
            wait
            rm -f nsc-gate
            """);
        string[] names = [Single, Other, Group];
        long[] kernel = [.. names.Select(name => tree.Event(name, "oom_kill"))];
        Assert.Equal((Processes, Processes), (kernel[0], kernel[1]));

        // The kernel counts the first victim of a group twice if it still lives when the others are killed.
        Assert.InRange(kernel[2], Processes, Processes + 1);
        Assert.Equal(1, tree.Event(Group, "oom_group_kill"));
        Guest.Await(() => names.Select((name, i) => Points(agent, name).Sum(point => point.Integer("kills")) >= kernel[i]).All(isDone => isDone), "all kills are reported", () => agent.Log);

        string[] lines = guest.Run($"dmesg | sed -n '/{mark}/,$p' | grep 'oom-kill:constraint'").Split('\n');
        for (int i = 0; i < names.Length; i++)
        {
            Point[] points = Points(agent, names[i]);
            Assert.Equal(kernel[i], points.Sum(point => point.Integer("kills")));
            Point[] named = [.. points.Where(point => point.Has("victim_pid"))];
            Assert.Equal(named.Length, named.Select(point => point.Integer("victim_pid")).Distinct().Count());
            Assert.All(named, point => Assert.Equal(("burn", "container"), (point.Text("victim_name"), point.Text("constraint"))));
            if (names[i] == Group) continue;
            Assert.Equal(Described(lines, CgroupTree.PathOf(names[i])).Order(), named.Select(point => point.Integer("victim_pid")).Order());
        }

        // Otherwise this test shows nothing.
        Assert.True(lines.Length < (2 * Processes) + 1, "the kernel described all kills");
        Assert.All(names, name => Assert.All(Points(agent, name).Where(point => !point.Has("victim_pid")), point =>
            Assert.All((string[])["victim_name", "victim_rss_bytes", "constraint"], field => Assert.False(point.Has(field)))));
    }

    [GuestFact]
    public void Kill_for_the_memory_of_the_host_has_the_constraint_host()
    {
        using var dropIn = new UnitDropIn(guest, OomVictimTests.DropIn);
        using var tree = new CgroupTree(guest, Single);
        int pid = tree.Start(Single, "sh -c \"echo 1000 > /proc/self/oom_score_adj; exec burn --memory-mib 60 --life-ms 3600000\"");
        tree.Start(Single, "sleep 3600");
        Guest.Await(() => guest.Integer($"cat {CgroupTree.DirectoryOf(Single)}/memory.current") > 60 << 20, "its memory is allocated");
        using var agent = new InstalledAgent(guest, CgroupTree.Configuration, interval: "10m");
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "container_info" && point.Text("container_id") == CgroupTree.PathOf(Single)), "the container is found", () => agent.Log);

        // The kernel selects a victim as if the host had no memory left (moom_callback in drivers/tty/sysrq.c).
        guest.Run("echo f > /proc/sysrq-trigger");
        Guest.Await(() => Points(agent, Single).Length > 0, "the kill is reported", () => agent.Log + guest.Run("dmesg | tail -n 20"));
        Point point = Assert.Single(Points(agent, Single));
        Assert.Contains("constraint=CONSTRAINT_NONE", guest.Run($"dmesg | grep 'oom-kill:.*,pid={pid},'"), StringComparison.Ordinal);
        Assert.Equal((1L, tree.Event(Single, "oom_kill")), (point.Integer("kills"), point.Integer("oom_kills")));
        Assert.Equal(("host", "burn", pid, 1000L), (point.Text("constraint"), point.Text("victim_name"), point.Integer("victim_pid"), point.Integer("victim_oom_score_adj")));
        Assert.False(point.Has("constraint_cgroup"));
        Assert.False(point.Has("limit_bytes"));
        Assert.InRange(point.Integer("victim_rss_bytes"), 60 << 20, 70 << 20);
    }

    private static IEnumerable<long> Described(string[] lines, string cgroup) =>
        from line in lines
        let match = Regex.Match(line, $@"oom-kill:.*,task_memcg={cgroup},task=.*,pid=(\d+),uid=0$")
        where match.Success
        select long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    private static Point[] Points(InstalledAgent agent, string name) =>
        [.. agent.Points.Where(point => point.Measurement == "container_oom" && point.Text("container_id") == CgroupTree.PathOf(name))];
}
