namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>A query of a file, after Grafana's variables were replaced.</summary>
/// <param name="Where">The file, the panel and the letter of the query.</param>
/// <param name="Text">The query.</param>
internal sealed record DashboardQuery(string Where, string Text);
