namespace NsCollector.DocGen.Grafana;

/// <summary>Parts of InfluxQL queries.</summary>
internal static class InfluxQl
{
    /// <summary>The condition of the agents that the variables select.</summary>
    internal const string Agents = "\"host\" =~ /^$host$/ AND $timeFilter";

    /// <summary>The condition of the container that the variables select.</summary>
    internal const string Container = "\"host\" =~ /^$host$/ AND \"container\" =~ /^$container$/ AND $timeFilter";

    /// <summary>The tags that tell containers apart on all hosts. Those of pods are empty outside of Kubernetes.</summary>
    internal static readonly string[] Containers = ["host", "namespace", "pod", "container"];

    /// <summary>The tags that tell containers of one host apart.</summary>
    internal static readonly string[] ContainersOfHost = ["namespace", "pod", "container"];

    /// <summary>The legend of a container.</summary>
    internal const string Legend = "$tag_container $tag_pod $tag_host";

    private const string Every = "GROUP BY time($__interval)";

    /// <summary>The last value of each interval.</summary>
    /// <param name="measurement">The measurement.</param>
    /// <param name="value">The field, or an expression of fields in which each is quoted.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="tags">The tags that tell the series apart.</param>
    internal static string Last(string measurement, string value, string condition, params string[] tags) =>
        $"SELECT {(value.Contains('"', StringComparison.Ordinal) ? value : $"last(\"{value}\")")} FROM \"{measurement}\" WHERE {condition} {Grouping(tags)} fill(none)";

    /// <summary>The increase in a second.</summary>
    /// <param name="measurement">The measurement.</param>
    /// <param name="field">The counter.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="divisor">How many units of the counter are one unit of the panel.</param>
    /// <param name="tags">The tags that tell the series apart.</param>
    internal static string Rate(string measurement, string field, string condition, long divisor, params string[] tags) =>
        $"SELECT non_negative_derivative(last(\"{field}\"), 1s){Over(divisor)} FROM \"{measurement}\" WHERE {condition} {Grouping(tags)} fill(none)";

    /// <summary>The sum of the increases in a second over series that more tags tell apart.</summary>
    internal static string SumOfRates(string measurement, string field, string condition, long divisor, string[] inner, params string[] tags) =>
        $"SELECT sum(\"rate\") FROM (SELECT non_negative_derivative(last(\"{field}\"), 1s){Over(divisor)} AS \"rate\" FROM \"{measurement}\" WHERE {condition} {Grouping([.. tags, .. inner])} fill(none)) WHERE $timeFilter {Grouping(tags)} fill(none)";

    /// <summary>The sum over series that more tags tell apart, of their last values.</summary>
    internal static string SumOfLast(string measurement, string field, string condition, string[] inner, params string[] tags) =>
        $"SELECT sum(\"last\") FROM (SELECT last(\"{field}\") AS \"last\" FROM \"{measurement}\" WHERE {condition} {Grouping([.. tags, .. inner])} fill(none)) WHERE $timeFilter {Grouping(tags)} fill(none)";

    /// <summary>The 20 highest means over the whole time.</summary>
    internal static Query Top(string measurement, string value, string condition) =>
        new($"SELECT top(\"mean\", \"container\", \"pod\", \"namespace\", \"host\", 20) FROM (SELECT {value} AS \"mean\" FROM \"{measurement}\" WHERE {condition} GROUP BY \"host\", \"namespace\", \"pod\", \"container\") WHERE $timeFilter", "");

    /// <summary>The 20 highest sums of mean increases in a second over series that a tag tells apart.</summary>
    internal static Query TopRate(string measurement, string field, string condition, string inner) =>
        new($"SELECT top(\"mean\", \"container\", \"pod\", \"namespace\", \"host\", 20) FROM (SELECT mean(\"sum\") AS \"mean\" FROM ({SumOfRates(measurement, field, condition, 1, [inner], Containers)}) WHERE $timeFilter GROUP BY \"host\", \"namespace\", \"pod\", \"container\") WHERE $timeFilter", "");

    private static string Over(long divisor) => divisor == 1 ? "" : $" / {divisor}";

    private static string Grouping(string[] tags) => string.Concat([Every, .. tags.Select(tag => $", \"{tag}\"")]);
}
