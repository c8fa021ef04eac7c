namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>The samples of one series over some time.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels as in a query: <c>{pod="a"}</c>.</param>
/// <param name="FirstSeconds">The time of the first sample, in seconds since the epoch.</param>
/// <param name="LastSeconds">The time of the last sample.</param>
/// <param name="Increase">By how much a counter increased; a lower value follows a reset to 0.</param>
/// <param name="Last">The last value.</param>
internal sealed record RangeSeries(string Name, string Labels, double FirstSeconds, double LastSeconds, double Increase, double Last)
{
    /// <summary>Its increase in a second.</summary>
    public double Rate => Increase / (LastSeconds - FirstSeconds);
}
