using System.Globalization;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// Compares the points that the agent collected, from the file it wrote, with those that a server returns for queries.
/// </summary>
internal static class PointComparison
{
    /// <summary>Asserts that the server has exactly the collected points, with the same values and types.</summary>
    public static void AssertStored(IReadOnlyCollection<Point> collected, IReadOnlyCollection<Point> stored)
    {
        AssertNoneMissing(collected, stored);
        var known = collected.Select(Key).ToHashSet();
        int unknown = stored.Count(point => !known.Contains(Key(point)));
        Assert.True(stored.Count == collected.Count, $"{collected.Count} points were collected and {stored.Count} are stored, {unknown} of which were not collected");
        foreach (IGrouping<string, Point> measurement in collected.GroupBy(point => point.Measurement))
            Assert.Equal(measurement.Count(), stored.Count(point => point.Measurement == measurement.Key));
    }

    /// <summary>Asserts that the server has all collected points, with the same values and types. It may have more.</summary>
    public static void AssertNoneMissing(IReadOnlyCollection<Point> collected, IEnumerable<Point> stored)
    {
        Assert.NotEmpty(collected);
        var found = stored.ToDictionary(Key);
        List<Point> missing = Missing(collected, found.Values);
        int different = missing.Count(point => found.ContainsKey(Key(point)));
        Assert.True(missing.Count == 0, $"{missing.Count - different} of {collected.Count} points are missing and {different} differ; the first is {(missing.Count > 0 ? Text(missing[0]) : "")}{(different > 0 ? "; stored: " + Text(found[Key(missing.First(point => found.ContainsKey(Key(point))))]) : "")}");
    }

    /// <summary>The collected points that are not stored, or are stored with other values, types or fields.</summary>
    public static List<Point> Missing(IEnumerable<Point> collected, IEnumerable<Point> stored)
    {
        var found = stored.ToDictionary(Key);
        return [.. collected.Where(point => !found.TryGetValue(Key(point), out Point? other) || !SameFields(point, other))];
    }

    /// <summary>
    /// Asserts that every field of every point is exactly one sample. victoria-metrics stores float64 values at whole milliseconds,
    /// and strings as 0.
    /// </summary>
    public static void AssertExported(IReadOnlyCollection<Point> collected, IReadOnlyCollection<VictoriaSample> samples)
    {
        Assert.NotEmpty(collected);
        var found = samples.ToLookup(sample => Key(sample.Name, sample.Labels.Where(label => label.Key != "db"), sample.TimestampMs), sample => sample.Value);
        int expected = 0;
        foreach (Point point in collected)
        {
            foreach ((string field, object value) in point.Fields)
            {
                expected++;
                string key = Key($"{point.Measurement}_{field}", point.Tags, point.TimestampNs / 1_000_000);
                double[] values = [.. found[key]];
                Assert.True(values.Length == 1, $"{values.Length} samples of field {field} of {Text(point)}");
                double wanted = value switch { long integer => integer, double number => number, bool flag => flag ? 1 : 0, _ => 0 };
                // Its decimal format loses some of the last digits of a float64.
                Assert.True(Math.Abs(values[0] - wanted) <= Math.Abs(wanted) * 1e-12, $"{values[0]:R} is stored for field {field} of {Text(point)}");
            }
        }

        Assert.Equal(expected, samples.Count);
    }

    /// <summary>Series and time, which identify a point.</summary>
    public static string Key(Point point) => Key(point.Measurement, point.Tags, point.TimestampNs);

    /// <summary>Formats a point for a message.</summary>
    public static string Text(Point point) =>
        $"{Key(point).Replace('\0', ' ')}: {string.Join(", ", point.Fields.Select(field => $"{field.Key}={field.Value}"))}";

    private static string Key(string name, IEnumerable<KeyValuePair<string, string>> tags, long time) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}{string.Concat(tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"\0{tag.Key}={tag.Value}"))}\0{time}");

    // object.Equals distinguishes 5 from 5.0, and float64 values are equal only if all bits are.
    private static bool SameFields(Point one, Point other) =>
        one.Fields.Count == other.Fields.Count &&
        one.Fields.All(field => other.Fields.TryGetValue(field.Key, out object? value) && field.Value.Equals(value));
}
