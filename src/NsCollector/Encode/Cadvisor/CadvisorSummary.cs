using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Encode.Cadvisor;

/// <summary>
/// Computes a <c>summary</c> of cAdvisor's API (info/v2/container.go, DerivedStats): percentiles of CPU usage in thousandths of a core, and of the
/// working set in bytes, over the kept samples. Reused for one container after another.
/// </summary>
internal sealed class CadvisorSummary
{
    private static readonly (string Key, long Seconds)[] Windows = [("minute_usage", 60), ("hour_usage", 3600), ("day_usage", 86_400)];

    private readonly List<(long TimestampNs, long? CpuNs, long? MemoryBytes)> _samples = [];
    private readonly List<double> _values = [];

    /// <summary>Removes all samples.</summary>
    internal void Clear() => _samples.Clear();

    /// <summary>Adds a sample, which is newer than those before.</summary>
    internal void Add(ContainerSample sample) => _samples.Add((
        sample.TimestampNs, sample.Scalars.TryGet(Reading.CpuUsageNs, out long cpu) ? cpu : null, sample.Scalars.TryGet(Reading.MemoryWorkingSetBytes, out long memory) ? memory : null));

    /// <summary>Writes the object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (_samples.Count == 0)
        {
            json.WriteEndObject();
            return;
        }

        long lastNs = _samples[^1].TimestampNs;
        GoTime.Write(json, "timestamp"u8, lastNs);
        json.WriteStartObject("latest_usage"u8);
        if (_samples.Count > 1 && RateAt(_samples.Count - 1) is { } rate) json.WriteNumber("cpu"u8, (long)rate);
        if (_samples[^1].MemoryBytes is { } memory) json.WriteNumber("memory"u8, memory);
        json.WriteEndObject();
        foreach ((string key, long seconds) in Windows) WriteWindow(json, key, seconds, lastNs);
        json.WriteEndObject();
    }

    private void WriteWindow(Utf8JsonWriter json, string key, long seconds, long lastNs)
    {
        int first = _samples.FindIndex(sample => lastNs - sample.TimestampNs <= seconds * 1_000_000_000);
        json.WriteStartObject(key);
        json.WriteNumber("percent_complete"u8, (lastNs - _samples[first].TimestampNs) / 10_000_000 / seconds);
        _values.Clear();
        for (int i = first + 1; i < _samples.Count; i++)
        {
            if (RateAt(i) is { } rate) _values.Add(rate);
        }

        WritePercentiles(json, "cpu"u8);
        _values.Clear();
        for (int i = first; i < _samples.Count; i++)
        {
            if (_samples[i].MemoryBytes is { } memory) _values.Add(memory);
        }

        WritePercentiles(json, "memory"u8);
        json.WriteEndObject();
    }

    // Null if the counter fell, because it has begun again.
    private double? RateAt(int index)
    {
        (long now, long? cpu, _) = _samples[index];
        (long then, long? before, _) = _samples[index - 1];
        return now > then && cpu >= before ? (double)(cpu.Value - before.Value) * 1000 / (now - then) : null;
    }

    private void WritePercentiles(Utf8JsonWriter json, ReadOnlySpan<byte> key)
    {
        json.WriteStartObject(key);
        json.WriteBoolean("present"u8, _values.Count > 0);
        if (_values.Count > 0)
        {
            _values.Sort();
            double mean = _values.Average();
            json.WriteNumber("mean"u8, (long)mean);
            json.WriteNumber("std"u8, (long)Math.Sqrt(_values.Average(value => (value - mean) * (value - mean))));
            json.WriteNumber("max"u8, (long)_values[^1]);
            json.WriteNumber("fifty"u8, (long)PercentileOf(0.5));
            json.WriteNumber("ninety"u8, (long)PercentileOf(0.9));
            json.WriteNumber("ninetyfive"u8, (long)PercentileOf(0.95));
            json.WriteNumber("count"u8, _values.Count);
        }

        json.WriteEndObject();
    }

    // As in summary/percentiles.go: linear between the two nearest ranks, from 1.
    private double PercentileOf(double share)
    {
        double rank = share * (_values.Count + 1);
        int below = Math.Clamp((int)rank, 1, _values.Count), above = Math.Min(below + 1, _values.Count);
        double fraction = Math.Clamp(rank - below, 0, 1);
        return _values[below - 1] + (fraction * (_values[above - 1] - _values[below - 1]));
    }
}
