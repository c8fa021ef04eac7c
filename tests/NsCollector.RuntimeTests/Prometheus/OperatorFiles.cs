namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>The files of packaging/kubernetes/prometheus as the Prometheus Operator turns them into files of Prometheus.</summary>
internal static class OperatorFiles
{
    private const string Directory = "packaging/kubernetes/prometheus/";

    /// <summary>The rules of the PrometheusRule.</summary>
    internal static string Rules => Block(Directory + "rules.yaml", "spec:");

    /// <summary>The scrape configuration of the PodMonitor, with a target on a node.</summary>
    /// <param name="target">The address of the agent.</param>
    /// <param name="node">The node's name.</param>
    internal static string ScrapeConfiguration(string target, string node) => $"""
          - job_name: podMonitor/nscollector/nscollector/0
            scrape_interval: 1s
            scrape_timeout: 1s
            metrics_path: {Value("path")}
            honor_labels: {Value("honorLabels")}
            static_configs:
              - targets: ['{target}']
                labels:
                  job: nscollector/nscollector
                  namespace: nscollector
                  pod: nscollector-abcde
                  container: nscollector
                  endpoint: metrics
                  __meta_kubernetes_pod_node_name: {node}
            relabel_configs:
        {Relabelling("      relabelings:")}
            metric_relabel_configs:
        {Relabelling("      metricRelabelings:")}
        """;

    private static string Value(string key) =>
        File.ReadLines(Repository.PathOf(Directory + "podmonitor.yaml")).Select(line => line.Trim()).Single(line => line.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Trim();

    private static string Relabelling(string head) => Indent(
        Block(Directory + "podmonitor.yaml", head).Replace("sourceLabels:", "source_labels:", StringComparison.Ordinal).Replace("targetLabel:", "target_label:", StringComparison.Ordinal));

    private static string Indent(string text) => string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => "      " + line));

    // The lines below a key, less its indentation.
    private static string Block(string path, string head)
    {
        int indentation = head.Length - head.TrimStart().Length + 2;
        IEnumerable<string> lines = File.ReadLines(Repository.PathOf(path)).SkipWhile(line => line != head).Skip(1)
            .TakeWhile(line => line.Length < indentation || line.AsSpan(0, indentation).IsWhiteSpace());
        return string.Concat(lines.Select(line => line[Math.Min(indentation, line.Length)..] + "\n"));
    }
}
