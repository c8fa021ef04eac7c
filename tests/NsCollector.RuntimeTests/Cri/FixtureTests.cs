
namespace NsCollector.RuntimeTests.Cri;

/// <summary>Checks the fixture's pods without the agent.</summary>
public sealed class FixtureTests(ContainerdEngine engine) : CriTests(engine)
{
    [CriFact]
    public void Pod_containers_share_the_network_and_have_their_own_cgroups()
    {
        using var pod = new CriPod(Engine, "fixture", "tests");
        CriContainer first = pod.Start("first", "echo ready; exec sleep 1000"), second = pod.Start("second", Idle, memoryLimitBytes: 32 << 20);
        first.AwaitLine("ready");
        Assert.Equal("hello", first.Execute("echo", "hello"));

        string own = NetworkNamespace(pod.Pid);
        Assert.NotEqual(NetworkNamespace(Environment.ProcessId), own);
        Assert.Equal(own, NetworkNamespace(first.Pid));
        Assert.Equal(own, NetworkNamespace(second.Pid));
        Assert.StartsWith("/var/run/netns/cni-", pod.NetworkNamespacePath, StringComparison.Ordinal);
        Assert.True(ProcessNetwork.Read(pod.Pid, "eth0").RxBytes >= 0);
        Command.Run("busybox", "ping", "-c", "1", pod.Address);

        foreach ((int pid, string id) in new[] { (pod.Pid, pod.Id), (first.Pid, first.Id), (second.Pid, second.Id) })
        {
            Assert.Contains($":{pod.CgroupParent}/{id}\n", File.ReadAllText($"/proc/{pid}/cgroup"));
            Assert.True(File.Exists(Path.Combine(Engine.Bundle(id), "config.json")));
        }

        Assert.Equal(1, second.Cgroup.PidsCurrent());
        Assert.InRange(second.Cgroup.MemoryUsageBytes(), 1, 32 << 20);
    }

    [CriFact]
    public void Pod_in_the_hosts_network_has_no_network_namespace()
    {
        using var pod = new CriPod(Engine, "fixture-host", "tests", hostNetwork: true);
        Assert.Equal(NetworkNamespace(Environment.ProcessId), NetworkNamespace(pod.Pid));
        Assert.Null(pod.NetworkNamespacePath);
    }

    [CriFact]
    public void Exited_container_reports_its_status_and_cpu_time()
    {
        using var pod = new CriPod(Engine, "fixture-ends", "tests");
        Assert.Equal(0, pod.Start("well", ["burn"]).AwaitExit());
        CriContainer badly = pod.Start("badly", ["burn", "--exit", "3", "--cpu-ms", "50"]);
        Assert.Equal(3, badly.AwaitExit());
        Assert.InRange(Burn.OfSelf(badly.Output).CpuNs - Burn.AtStart(badly.Output).CpuNs, 50_000_000, 100_000_000);
        Assert.Equal(139, pod.Start("faulted", ["burn", "--signal", "11"]).AwaitExit());
        Assert.Equal(137, pod.Start("killed", ["burn", "--signal", "9"]).AwaitExit());
        Assert.Equal(137, pod.Start("oom", ["burn", "--memory-mib", "60"], memoryLimitBytes: 20 << 20).AwaitExit());

        CriContainer stopped = pod.Start("stopped", Idle);
        stopped.Stop(timeoutSeconds: 0);
        Assert.Equal(137, stopped.AwaitExit());
        stopped.Remove();
    }

    [CriFact]
    public void Removed_pod_leaves_nothing_behind()
    {
        string namespacePath, cgroupParent;
        using (var pod = new CriPod(Engine, "fixture-removed", "tests"))
        {
            pod.Start("only", Idle);
            (namespacePath, cgroupParent) = (pod.NetworkNamespacePath!, pod.CgroupParent);
            Assert.True(File.Exists(namespacePath));
        }

        Assert.False(File.Exists(namespacePath));
        Assert.DoesNotContain(Directory.EnumerateDirectories("/sys/fs/cgroup").Prepend("/sys/fs/cgroup"), root => Directory.Exists(root + cgroupParent));
    }

    private static string NetworkNamespace(int pid) => File.ResolveLinkTarget($"/proc/{pid}/ns/net", false)!.Name;
}
