namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>A provisioned alert of Grafana.</summary>
/// <param name="Title">Its name.</param>
/// <param name="Query">Its query.</param>
/// <param name="WindowSeconds">The time range of the query.</param>
/// <param name="Threshold">It fires if the last value is above this.</param>
internal sealed record GrafanaAlert(string Title, string Query, int WindowSeconds, double Threshold);
