using System.Text.RegularExpressions;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>The host's series with <c>http.host_names = node</c>, beside those of a real node_exporter.</summary>
[Collection(AloneCollection.Name)]
public sealed partial class NodeNamesTests : IDisposable
{
    private const int TemporarilyLower = 1;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [RequiresExecutableFact]
    public void Names_types_labels_and_values_are_those_of_node_exporter()
    {
        if (PrometheusPrograms.Missing is { } missing) Assert.Fail($"not unpacked: {missing}; run packaging/prepare tests");
        string theirs = $"127.0.0.1:{ServerProcess.FreePort()}", ours = $"127.0.0.1:{ServerProcess.FreePort()}";
        // Without its defaults of Debian, which leave out lo.
        using var exporter = new ServerProcess(_directory["log"], PrometheusPrograms.NodeExporter, $"--web.listen-address={theirs}", "--collector.vmstat.fields=.*", "--collector.netdev.device-exclude=^$");
        exporter.Start(() => Command.Try("curl", "-sf", "-o", "/dev/null", $"http://{theirs}/metrics").Status == 0);
        using RunningAgent agent = new("agent:interval=250ms", $"http:listen={ours}", "http:host_names=node", "host:cpu_cores=on");
        Eventually.True(() => Command.Try("curl", "-sf", "-o", "/dev/null", $"http://{ours}/readyz").Status == 0, "the first cycle", () => agent.Log);
        Thread.Sleep(TimeSpan.FromSeconds(1));

        Dictionary<string, double> before = Read(theirs);
        Thread.Sleep(TimeSpan.FromSeconds(1));
        Dictionary<string, double> shown = Read(ours);
        Thread.Sleep(TimeSpan.FromMilliseconds(300));
        Dictionary<string, double> after = Read(theirs);
        foreach ((string series, double value) in shown)
        {
            Assert.True(before.ContainsKey(series) && after.ContainsKey(series), $"node_exporter has no {series}");
            (double low, double high) = (before[series], after[series]);

            // The kernel's figures of an idle processor, waiting for I/O and softirqs can fall; so can what is rounded to ticks.
            if (Counter().IsMatch(series)) Assert.True(value >= low - TemporarilyLower && value <= high + TemporarilyLower, $"{series}: {value} is not in {low} to {high}");
            else if (series.EndsWith("Total_bytes", StringComparison.Ordinal) || series.StartsWith("node_filesystem_size", StringComparison.Ordinal)) Assert.Equal(low, value);
        }

        foreach (string name in (string[])["node_load1", "node_memory_MemAvailable_bytes", "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}", "node_intr_total", "node_vmstat_pgfault", "node_time_seconds"])
            Assert.Contains(name, shown.Keys);
        Assert.Equal(before.Keys.Where(key => key.StartsWith("node_cpu_", StringComparison.Ordinal)).Order(StringComparer.Ordinal), shown.Keys.Where(key => key.StartsWith("node_cpu_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Empty(Types(ours).Except(Types(theirs)));
        agent.Stop();
    }

    private static string[] Types(string address) =>
        [.. Command.Run("curl", "-sf", $"http://{address}/metrics").Split('\n').Where(line => line.StartsWith("# TYPE node_", StringComparison.Ordinal))];

    private static Dictionary<string, double> Read(string address) => ScrapedSeries.Read(address, "/metrics")
        .Where(one => one.Name.StartsWith("node_", StringComparison.Ordinal) && !one.Name.StartsWith("node_scrape_", StringComparison.Ordinal)).DistinctBy(Key).ToDictionary(Key, one => one.Value);

    private static string Key(ScrapedSeries one) =>
        one.Labels.Count == 0 ? one.Name : $"{one.Name}{{{string.Join(',', one.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}=\"{label.Value}\""))}}}";

    // Those that node_exporter reads from the same files in the same units.
    [GeneratedRegex("^node_.*_total|^node_vmstat_(pgfault|pgmajfault|pswpin|pswpout|pgpgin|pgpgout|oom_kill)|^node_time_seconds$")]
    private static partial Regex Counter();
}
