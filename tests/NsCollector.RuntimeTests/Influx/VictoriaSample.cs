namespace NsCollector.RuntimeTests.Influx;

/// <summary>One sample in victoria-metrics.</summary>
/// <param name="Name">MEASUREMENT_FIELD.</param>
/// <param name="Labels">The tags of the point.</param>
/// <param name="TimestampMs">Milliseconds since the epoch.</param>
/// <param name="Value">The value, converted to float64.</param>
internal sealed record VictoriaSample(string Name, IReadOnlyDictionary<string, string> Labels, long TimestampMs, double Value);
