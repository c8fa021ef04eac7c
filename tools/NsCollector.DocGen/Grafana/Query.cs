namespace NsCollector.DocGen.Grafana;

/// <summary>One query of a panel.</summary>
/// <param name="Text">PromQL or InfluxQL, with Grafana's variables.</param>
/// <param name="Legend">Grafana's legend: <c>{{label}}</c> for Prometheus, <c>$tag_NAME</c> for InfluxDB.</param>
internal sealed record Query(string Text, string Legend);
