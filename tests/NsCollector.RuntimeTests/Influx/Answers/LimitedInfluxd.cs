namespace NsCollector.RuntimeTests.Influx.Answers;

/// <summary>An influxd with limits that a few lines reach.</summary>
/// <param name="isAuthenticated">Whether it requires user and password.</param>
internal sealed class LimitedInfluxd(bool isAuthenticated) : IDisposable
{
    /// <summary>max-body-size, in bytes.</summary>
    public const int MaxBodyBytes = 20_000;

    /// <summary>max-values-per-tag.</summary>
    public const int MaxValuesPerTag = 3;

    /// <summary>max-series-per-database.</summary>
    public const int MaxSeries = 20;

    private readonly InfluxServer _server = new(
        isAuthenticated, MaxBodyBytes, $"max-values-per-tag = {MaxValuesPerTag}", $"max-series-per-database = {MaxSeries}");

    /// <summary>The server's address.</summary>
    public string Url => _server.Url;

    /// <summary>Runs statements as the administrator; they must succeed.</summary>
    public void Execute(params string[] statements)
    {
        foreach (string statement in statements) _server.Query("", statement);
    }

    /// <summary>All values of a field as JSON, in the order of their timestamps.</summary>
    public string[] Values(string database, string measurement, string field = "f", string retentionPolicy = "autogen") =>
        [.. _server.Query(database, $"SELECT \"{field}\" FROM \"{retentionPolicy}\".\"{measurement}\"")
            .SelectMany(series => series.Rows)
            .Select(row => row[1].GetRawText())];

    public void Dispose() => _server.Dispose();
}
