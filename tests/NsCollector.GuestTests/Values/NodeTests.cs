using System.Globalization;
using NsCollector.GuestTests.Kernel;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>Two memory nodes (NUMA): OOM kills because one node is full, and the memory of a container by node.</summary>
[Collection(GuestCollection.Name)]
public sealed class NodeTests(Guest guest) : IDisposable
{
    private const string Name = "nodes";

    // Some more than the second node has.
    private const string Glutton = "burn --memory-mib 400";

    // Runs a command with set_mempolicy(MPOL_BIND, node 1), which has this number on x86-64.
    private const string Bind = "perl -e 'my $nodes = pack(\"Q\", 2); syscall(238, 2, $nodes, 64) == 0 or die $!; exec @ARGV'";

    public void Dispose()
    {
        if (Guest.SshConfig is not null) guest.Run("cd /sys/fs/cgroup; echo -cpuset > cgroup.subtree_control 2> /dev/null || true");
    }

    [NodesFact]
    public void Kill_for_the_memory_of_a_cpuset_has_this_constraint()
    {
        using CgroupTree tree = Tree();
        tree.Set(Name, ("cpuset.mems", "1"));
        AssertKill(tree, Glutton, "CONSTRAINT_CPUSET", "cpuset");
    }

    [NodesFact]
    public void Kill_for_the_memory_of_a_policy_has_this_constraint()
    {
        using CgroupTree tree = Tree();
        AssertKill(tree, $"{Bind} {Glutton}", "CONSTRAINT_MEMORY_POLICY", "memory_policy");
    }

    [NodesFact]
    public void Memory_by_node_is_the_kernels()
    {
        using CgroupTree tree = Tree();
        tree.Start(Name, "burn --memory-mib 24 --life-ms 600000");
        guest.Run("cat > /run/nsc-bound; sh /run/nsc-bound > /dev/null 2>&1 < /dev/null &", $"echo $$ > {CgroupTree.DirectoryOf(Name)}/cgroup.procs; exec {Bind} burn --memory-mib 48 --life-ms 600000");
        Guest.Await(() => Node("anon", 0) >= 24 << 20 && Node("anon", 1) >= 48 << 20, "the memory of both nodes is in use", () => guest.Read($"{CgroupTree.DirectoryOf(Name)}/memory.numa_stat"));
        using var agent = new InstalledAgent(guest, "limits = on\nmemory_detail = on\n" + CgroupTree.Configuration);
        Point[] nodes = [];
        Guest.Await(() => (nodes = [.. agent.Points.Where(point => point.Measurement == "container_memory_detail" && point.Container == Name && point.Tags.ContainsKey("node")).TakeLast(2)]).Length == 2, "the memory by node", () => agent.Log);
        Assert.Equal(["0", "1"], nodes.Select(point => point.Tags["node"]));
        for (int node = 0; node < 2; node++)
        {
            // The kernel counts in batches for each processor.
            Assert.InRange(nodes[node].Integer("anon_bytes"), Node("anon", node) - (1 << 20), Node("anon", node) + (1 << 20));
            Assert.InRange(nodes[node].Integer("file_bytes"), Node("file", node) - (1 << 20), Node("file", node) + (1 << 20));
        }

        Point limits = agent.Points.Last(point => point.Measurement == "container_limits" && point.Container == Name);
        Assert.Equal((guest.Read($"{CgroupTree.DirectoryOf(Name)}/cpuset.mems.effective"), 2L), (limits.Text("cpuset_mems_effective"), limits.Integer("cpuset_mems_count")));
        Assert.False(limits.Has("cpuset_mems"));

        long Node(string key, int node) => guest.Integer($"sed -n 's/^{key} .*N{node}=\\([0-9]*\\).*/\\1/p' {CgroupTree.DirectoryOf(Name)}/memory.numa_stat");
    }

    private void AssertKill(CgroupTree tree, string command, string kernels, string constraint)
    {
        using var dropIn = new UnitDropIn(guest, OomVictimTests.DropIn);
        using var agent = new InstalledAgent(guest, CgroupTree.Configuration, interval: "10m");

        // In seconds: until then the agent cannot know whether lines before its start were suppressed.
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "nscollector"), "the first cycle", () => agent.Log);
        guest.Run("sleep 7");

        // Nothing else is to be killed.
        string script = $"echo $$ > {CgroupTree.DirectoryOf(Name)}/cgroup.procs; echo 1000 > /proc/self/oom_score_adj; exec {command}";
        guest.Run("cat > /run/nsc-glutton; sh /run/nsc-glutton || true", script);
        Assert.Equal(1, tree.Event(Name, "oom_kill"));
        string line = guest.Run($"dmesg | grep 'oom-kill:.*task_memcg={CgroupTree.PathOf(Name)},' | tail -n 1");
        Assert.Contains($"constraint={kernels},", line, StringComparison.Ordinal);
        Point[] kills = [];
        Guest.Await(() => (kills = [.. agent.Points.Where(point => point.Measurement == "container_oom" && point.Container == Name)]).Length > 0, "the kill is reported", () => agent.Log);
        Point kill = Assert.Single(kills);
        long pid = long.Parse(line.Split(",pid=")[1].Split(',')[0], CultureInfo.InvariantCulture);
        Assert.Equal((constraint, "burn", pid, 1000L), (kill.Text("constraint"), kill.Text("victim_name"), kill.Integer("victim_pid"), kill.Integer("victim_oom_score_adj")));

        // No cgroup has reached its limit.
        Assert.False(kill.Has("constraint_cgroup"));
    }

    private CgroupTree Tree()
    {
        guest.Run("echo +cpuset > /sys/fs/cgroup/cgroup.subtree_control");
        var tree = new CgroupTree(guest, Name);
        tree.Set(null, ("cgroup.subtree_control", "+cpuset"));
        return tree;
    }
}
