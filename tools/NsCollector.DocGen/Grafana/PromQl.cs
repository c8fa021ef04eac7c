namespace NsCollector.DocGen.Grafana;

/// <summary>Parts of PromQL queries.</summary>
internal static class PromQl
{
    /// <summary>Matchers of the agents that the variables select.</summary>
    internal const string Agents = "job=~\"$job\",instance=~\"$instance\"";

    /// <summary>Matchers of all their containers, without the cgroups above these.</summary>
    internal const string Containers = Agents + ",name!=\"\"";

    /// <summary>Matchers of the container that the variables select.</summary>
    internal const string Container = Agents + ",name=~\"$container\"";

    /// <summary>Matchers of the root cgroup, whose figures are those of the host.</summary>
    internal const string Host = Agents + ",id=\"/\"";

    /// <summary>The labels that tell containers apart. Those of pods are absent outside of Kubernetes, where a name is unique on its host.</summary>
    internal const string Subject = "instance, namespace, pod, container, name";

    /// <summary>The legend of a container.</summary>
    internal const string Legend = "{{pod}} {{container}} {{name}} {{instance}}";

    /// <summary>The increase in a second.</summary>
    internal static string Rate(string metric, string matchers) => $"rate({metric}{{{matchers}}}[$__rate_interval])";

    /// <summary>The highest 20 series of a sum over each container.</summary>
    internal static Query Top(string expression) => new($"topk(20, sum by ({Subject}) ({expression}))", Legend);

    /// <summary>A sum over the host.</summary>
    internal static Query OfHost(string expression, string legend = "{{instance}}") => new($"sum by (instance) ({expression})", legend);

    /// <summary>A figure of a TCP counter in cAdvisor's series.</summary>
    internal static string Tcp(string state, string matchers) => Rate("container_network_advance_tcp_stats_total", $"{matchers},tcp_state=\"{state}\"");
}
