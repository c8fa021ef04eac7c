using NsCollector.RuntimeTests.Cri;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>The kubelet's form of the page, and the cgroups above containers, beside the kernel's files of real pods.</summary>
public sealed class KubeletPageTests(ContainerdEngine engine) : CriTests(engine)
{
    // For "memory charged in batches for each CPU".
    private const double ToleranceBytes = 2 << 20;

    [CriFact]
    public void Pods_and_parents_have_the_kubelets_labels_and_the_kernels_figures()
    {
        using var pod = new CriPod(Engine, "web-0", "shop");
        CriContainer application = pod.Start("app", "head -c 300000 /dev/zero > /dev/null; exec sleep 1000");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = new($"discovery:containerd_states={Engine.StateDirectory}", "agent:interval=250ms", $"http:listen={address}");
        agent.AwaitSampled(application.Id);
        agent.AwaitSampled(pod.Id);
        Thread.Sleep(TimeSpan.FromSeconds(1));

        string path = pod.CgroupParent;
        double[] before = [CgroupFiles.CpuSeconds("/"), CgroupFiles.CpuSeconds("/kubepods"), CgroupFiles.CpuSeconds(path)];
        ScrapedSeries[] page = ScrapedSeries.Read(address, "/metrics/cadvisor");
        double[] after = [CgroupFiles.CpuSeconds("/"), CgroupFiles.CpuSeconds("/kubepods"), CgroupFiles.CpuSeconds(path)];

        // Each series of a container has these labels, and only those of cAdvisor beside them.
        Assert.All(page.Where(one => one.Labels.Count > 0 && !one.Name.StartsWith("machine_", StringComparison.Ordinal)), one => Assert.Superset(new HashSet<string> { "container", "id", "image", "name", "namespace", "pod" }, one.Labels.Keys.ToHashSet()));
        Assert.Equal(("app", "shop", "web-0", application.Id, ContainerdEngine.Image), Names(Of(page, "container_memory_usage_bytes", $"{path}/{application.Id}")));

        // containerd does not write the image into the sandbox's bundle.
        Assert.Equal(("", "shop", "web-0", pod.Id, ""), Names(Of(page, "container_memory_usage_bytes", $"{path}/{pod.Id}")));
        Assert.Equal(("", "shop", "web-0", "", ""), Names(Of(page, "container_memory_usage_bytes", path)));
        foreach (string parent in (string[])["/", "/kubepods", "/kubepods/besteffort"]) Assert.Equal(("", "", "", "", ""), Names(Of(page, "container_memory_usage_bytes", parent)));

        // The pod's network is the sandbox's.
        ScrapedSeries[] received = [.. page.Where(one => one.Name == "container_network_receive_bytes_total" && one.Labels["pod"] == "web-0")];
        Assert.Equal([$"{path}/{pod.Id}"], received.Select(one => one.Labels["id"]).Distinct());
        Assert.Contains("eth0", received.Select(one => one.Labels["interface"]));

        // One cycle is 250 ms on all cores.
        double slack = Environment.ProcessorCount * 2.0;
        string[] parents = ["/", "/kubepods", path];
        for (int i = 0; i < parents.Length; i++) Assert.InRange(Of(page, "container_cpu_usage_seconds_total", parents[i]).Value, before[i] - slack, after[i] + 0.001);
        foreach (string parent in (string[])["/kubepods/besteffort", path]) Assert.InRange(Of(page, "container_memory_usage_bytes", parent).Value, CgroupFiles.MemoryBytes(parent) - ToleranceBytes, CgroupFiles.MemoryBytes(parent) + ToleranceBytes);

        // The complete page has the same parents, and line protocol none of them.
        ScrapedSeries[] complete = ScrapedSeries.Read(address, "/metrics");
        Assert.Equal(["id"], Of(complete, "container_memory_usage_bytes", "/kubepods").Labels.Keys);
        Assert.Equal(["id", "namespace", "pod"], Of(complete, "container_memory_usage_bytes", path).Labels.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(agent.Points, point => point.Tags.GetValueOrDefault("runtime") == "cgroup");
        agent.Stop();
    }

    [CriFact]
    public void Parents_have_cAdvisors_names_except_those_in_the_list_of_differences()
    {
        using var pod = new CriPod(Engine, "names-0", "shop");
        string address = $"127.0.0.1:{ServerProcess.FreePort()}";
        using RunningAgent agent = new($"discovery:containerd_states={Engine.StateDirectory}", "agent:interval=250ms", $"http:listen={address}");
        agent.AwaitSampled(pod.Id);
        Thread.Sleep(TimeSpan.FromSeconds(1));
        string[] served = [.. ScrapedSeries.Read(address, "/metrics/cadvisor").Where(one => one.Labels.GetValueOrDefault("id") == "/kubepods").Select(one => one.Name).Distinct()];

        // cAdvisor's names for /kubepods on a host with cgroup v1 that has no I/O in it. These are absent here:
        string[] differences =
        [
            "container_creation_time_seconds", "container_start_time_seconds", "container_tasks_state", "container_spec_memory_reservation_limit_bytes",
            "container_spec_cpu_period",

            // Not counted on cgroup v1.
            "container_memory_pgscan_total", "container_memory_pgsteal_total", "container_memory_events_high_total",

            // v1 counts a kill in the victim's cgroup only, so a cgroup above it would show 0.
            "container_oom_events_total",
        ];
        string[] cadvisor = [.. File.ReadLines(Repository.PathOf("tests/NsCollector.RuntimeTests/Prometheus/cadvisor-parent-v1.txt"))];
        Assert.Empty(cadvisor.Except(served).Except(differences));
        agent.Stop();
    }

    private static (string, string, string, string, string) Names(ScrapedSeries one) =>
        (one.Labels["container"], one.Labels["namespace"], one.Labels["pod"], one.Labels["name"], one.Labels["image"]);

    private static ScrapedSeries Of(ScrapedSeries[] page, string name, string id) => Assert.Single(page, one => one.Name == name && one.Labels.GetValueOrDefault("id") == id);
}
