
namespace NsCollector.GuestTests;

/// <summary>The points of one container at one time.</summary>
internal sealed record Sample(Point[] Points)
{
    /// <summary>The time of the sample.</summary>
    public long TimestampNs => Points[0].TimestampNs;

    /// <summary>The only point of a measurement.</summary>
    public Point Of(string measurement) => Assert.Single(Points, point => point.Measurement == measurement);

    /// <summary>The only point of a measurement with this tag.</summary>
    public Point Of(string measurement, string tag, string value) =>
        Assert.Single(Points, point => point.Measurement == measurement && point.Tags.GetValueOrDefault(tag) == value);
}
