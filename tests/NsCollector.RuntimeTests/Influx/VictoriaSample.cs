namespace NsCollector.RuntimeTests.Influx;

/// <summary>One sample in victoria-metrics.</summary>
/// <param name="Name">MEASUREMENT_FIELD.</param>
/// <param name="Labels">What were tags.</param>
/// <param name="TimestampMs">Milliseconds since the epoch.</param>
/// <param name="Value">The value, whatever type it had.</param>
internal sealed record VictoriaSample(string Name, IReadOnlyDictionary<string, string> Labels, long TimestampMs, double Value);
