using System.Globalization;
using NsCollector.RuntimeTests.Cri;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>The rules and the relabelling of packaging/kubernetes/prometheus, in a real Prometheus over the page of real pods.</summary>
public sealed class KubernetesRulesTests(ContainerdEngine engine) : CriTests(engine)
{
    private const double ToleranceBytes = 2 << 20;

    // The shape of kubernetes-mixin's rule: the node comes from kube-state-metrics by a join on the labels of the pod.
    private const string JoinedRules = """
        groups:
          - name: joined
            rules:
              - record: kube_pod_info
                expr: vector(1)
                labels: { namespace: shop, pod: rules-0, node: node-of-state-metrics }
              - record: joined:sum_irate
                expr: >-
                  sum by (cluster, namespace, pod, container) (irate(container_cpu_usage_seconds_total{job="kubelet", metrics_path="/metrics/cadvisor", image!=""}[5m]))
                  * on (cluster, namespace, pod) group_left (node)
                  topk by (cluster, namespace, pod) (1, max by (cluster, namespace, pod, node) (kube_pod_info{node!=""}))
        """;

    [CriFact]
    public void Rules_record_the_figures_of_pods_and_alert_on_throttling()
    {
        if (PrometheusPrograms.Missing is { } missing) Assert.Fail($"not unpacked: {missing}; run packaging/prepare tests");
        (int status, string output) = PrometheusPrograms.CheckRules(OperatorFiles.Rules);
        Assert.True(status == 0 && output.Contains("9 rules found", StringComparison.Ordinal), output);

        using var pod = new CriPod(Engine, "rules-0", "shop");

        // 20 % of a core, by LinuxContainerResources: period (1), quota (2), memory limit (4).
        CriContainer burner = pod.Start(
            "burner", ContainerdEngine.Image, new ProtobufMessage().With(3, ["sh", "-c", "while :; do :; done"]),
            new ProtobufMessage().With(1, 100_000).With(2, 20_000).With(4, 64L << 20), new ProtobufMessage());
        string address = $"127.0.0.1:{ServerProcess.FreePort()}", path = $"{pod.CgroupParent}/{burner.Id}";
        using RunningAgent agent = new($"discovery:containerd_states={Engine.StateDirectory}", "agent:interval=250ms", $"http:listen={address}");
        agent.AwaitSampled(burner.Id);

        // With the times of the file, the test would need 15 minutes.
        string rules = OperatorFiles.Rules.Replace("for: 15m", "for: 2s", StringComparison.Ordinal).Replace("[5m]", "[7s]", StringComparison.Ordinal);
        using var prometheus = new PrometheusServer(OperatorFiles.ScrapeConfiguration(address, "node-1"), [rules, JoinedRules]);
        const string Labels = "{namespace=\"shop\",pod=\"rules-0\",container=\"burner\",node=\"node-1\"}", Recorded = "node_namespace_pod_container:container_";
        Eventually.True(() => prometheus.Query($"{Recorded}cpu_usage_seconds_total:sum_irate{Labels}").Length == 1, "the recorded rate", () => agent.Log);
        double cpu = CgroupFiles.CpuSeconds(path);
        long began = Environment.TickCount64;
        Thread.Sleep(TimeSpan.FromSeconds(8));
        double rate = (CgroupFiles.CpuSeconds(path) - cpu) / (Environment.TickCount64 - began) * 1000;

        // irate is over two samples a second apart; a period of the quota is 100 ms.
        double[] rates = prometheus.Query($"avg_over_time({Recorded}cpu_usage_seconds_total:sum_irate{Labels}[7s])");
        Assert.InRange(Assert.Single(rates), rate * 0.85, rate * 1.15);
        Assert.InRange(Assert.Single(prometheus.Query($"{Recorded}cpu_usage_seconds_total:sum_rate5m{Labels}")), rate * 0.8, rate * 1.2);
        Assert.InRange(Assert.Single(prometheus.Query("avg_over_time(joined:sum_irate{namespace=\"shop\",pod=\"rules-0\",container=\"burner\",node=\"node-of-state-metrics\"}[7s])")), rate * 0.8, rate * 1.2);
        double memory = CgroupFiles.MemoryBytes(path);
        foreach (string name in (string[])["memory_working_set_bytes", "memory_rss", "memory_cache", "memory_swap"])
            Assert.InRange(Assert.Single(prometheus.Query($"{Recorded}{name}{Labels}")), 0, memory + ToleranceBytes);
        Assert.InRange(Assert.Single(prometheus.Query($"{Recorded}memory_working_set_bytes{Labels}")), Math.Max(1, memory - ToleranceBytes), memory + ToleranceBytes);

        // A container once for each name: the pod's cgroup, its sandbox and the slices are not in the sums.
        Assert.Equal([1.0], prometheus.Query($"count({Recorded}memory_rss{{pod=\"rules-0\"}})"));
        Eventually.True(() => prometheus.Query("ALERTS{alertname=\"CPUThrottlingHigh\",alertstate=\"firing\",pod=\"rules-0\",container=\"burner\"}") is [1], "the alert");
        Assert.Empty(prometheus.Query("ALERTS{alertname!=\"CPUThrottlingHigh\",pod=\"rules-0\"}"));

        // The labels of the agent's pod do not replace empty ones of the page, and its own series keep their job.
        Assert.Equal([1.0], prometheus.Query("count(container_cpu_usage_seconds_total{id=\"/\",pod=\"\",namespace=\"\",container=\"\",node=\"node-1\"})"));
        Assert.Empty(prometheus.Query("container_memory_rss{container=\"nscollector\"}"));
        Assert.Equal([1.0], prometheus.Query("up{job=\"nscollector/nscollector\",node=\"node-1\"}"));
        Assert.Empty(prometheus.Query("up{job=\"kubelet\"}"));
        RangeSeries[] series = prometheus.Range("{job=\"kubelet\",metrics_path=\"/metrics/cadvisor\",pod=\"rules-0\",container=\"burner\"}[8s]");
        (status, output) = PrometheusPrograms.TestRules(OperatorFiles.Rules, file => LongTest(file, series));
        Assert.True(status == 0, output);
        agent.Stop();
    }

    // The rules with their own times: five minutes of a rate, fifteen until an alert.
    private static string LongTest(string rulesFile, RangeSeries[] series)
    {
        const string Labels = "{namespace=\"shop\",pod=\"rules-0\",container=\"burner\",node=\"node-1\"}", Recorded = "node_namespace_pod_container:container_";
        var test = new RulesTest(rulesFile);
        Dictionary<string, double> rates = series.ToDictionary(one => one.Name + one.Labels, test.Add);
        double cpu = Assert.Single(rates, one => one.Key.StartsWith("container_cpu_usage_seconds_total{", StringComparison.Ordinal)).Value;
        Assert.InRange(cpu, 0.1, 0.3);
        test.Expect($"sum({Recorded}cpu_usage_seconds_total:sum_irate{Labels})", "20m", cpu);
        test.Expect($"sum(abs({Recorded}cpu_usage_seconds_total:sum_rate5m{Labels} / {cpu.ToString("R", CultureInfo.InvariantCulture)} - 1) < bool 0.001)", "20m", 1);
        foreach (string name in (string[])["memory_working_set_bytes", "memory_rss", "memory_cache", "memory_swap"])
            test.Expect($"sum({Recorded}{name}{Labels})", "20m", Assert.Single(series, one => one.Name == "container_" + name).Last);
        test.Expect("sum(ALERTS{alertname=\"CPUThrottlingHigh\",alertstate=\"pending\",severity=\"info\",container=\"burner\"})", "14m", 1);
        test.Expect("sum(ALERTS{alertname=\"CPUThrottlingHigh\",alertstate=\"firing\",severity=\"info\",container=\"burner\"})", "20m", 1);
        test.Expect("sum(ALERTS{alertname!=\"CPUThrottlingHigh\",container=\"burner\"})", "20m", null);

        // Another container of the same pod uses 95 % of its limit, and the kernel kills a process of it once, after 5 minutes.
        string full = Assert.Single(series, one => one.Name == "container_memory_rss").Labels.Replace("\"burner\"", "\"full\"", StringComparison.Ordinal);
        test.Add("container_memory_working_set_bytes", full, "95+0x120");
        test.Add("container_spec_memory_limit_bytes", full, "100+0x120");
        test.Add("container_oom_events_total", full, "0+0x10 1+0x110");
        test.Expect("sum(ALERTS{alertname=\"ContainerMemoryNearLimit\",alertstate=\"pending\",severity=\"warning\",container=\"full\"})", "14m", 1);
        test.Expect("sum(ALERTS{alertname=\"ContainerMemoryNearLimit\",alertstate=\"firing\",severity=\"warning\",container=\"full\"})", "20m", 1);
        test.Expect("sum(ALERTS{alertname=\"ContainerOOMKilled\"})", "4m", null);
        test.Expect("sum(ALERTS{alertname=\"ContainerOOMKilled\",alertstate=\"firing\",severity=\"warning\",container=\"full\"})", "8m", 1);
        test.Expect("sum(ALERTS{alertname=\"ContainerOOMKilled\"})", "20m", null);
        return test.ToString();
    }
}
