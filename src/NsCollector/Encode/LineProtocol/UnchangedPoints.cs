namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// Leaves out points of containers whose fields have not changed (<see cref="EncodeOptions.SuppressUnchanged"/>). Before a
/// change, and at the end of a series, it writes the last point that was left out, with its own time: so a rate over the gap
/// is the true one, and a series ends when it did.
/// </summary>
/// <param name="lines">Where the lines go.</param>
/// <param name="every">How long a point may be left out; zero: none is.</param>
internal sealed class UnchangedPoints(LineWriter lines, TimeSpan every)
{
    private readonly long _everyNs = every.Ticks * TimeSpan.NanosecondsPerTick;
    private byte[] _line = [];

    /// <summary>Ends the line of a container's sample, or leaves it out.</summary>
    /// <param name="container">The series of the container.</param>
    /// <param name="line">What was reserved for the line.</param>
    /// <param name="headLength">The length of measurement and tags, with the space after them.</param>
    /// <param name="length">The length with the fields.</param>
    /// <param name="age">Where the field is that grows with time alone; empty if there is none.</param>
    internal void End(ContainerSeries container, Span<byte> line, int headLength, int length, Range age)
    {
        if (_everyNs == 0)
        {
            lines.End(line, length);
            return;
        }

        ReadOnlySpan<byte> text = line[..length];
        long nowNs = lines.TimestampNs;
        Series series = container.Find(text[..headLength]);

        // If the clock was set back, the time of the last written point means nothing.
        bool isUnchanged = nowNs > series.SampledNs && series.IsUnchanged(text, age);

        // Cycles begin a little too early or too late. Without a tolerance, every other point would come a cycle late.
        long toleranceNs = (nowNs - series.SampledNs) / 2;
        if (isUnchanged && nowNs - series.WrittenNs < _everyNs - toleranceNs)
        {
            series.Keep(text, headLength, age, nowNs);
            return;
        }

        if (!isUnchanged && series.IsPending)
        {
            // The line is in the room that the earlier one needs.
            if (_line.Length < length) _line = new byte[length * 2];
            text.CopyTo(_line);
            WritePending(series);
            lines.SetTimestamp(nowNs);
            text = _line.AsSpan(0, length);
            line = lines.Reserve(length);
            text.CopyTo(line);
        }

        series.Keep(text, headLength, age, nowNs);
        series.WrittenNs = nowNs;
        lines.End(line, length);
    }

    /// <summary>Writes the last points that were left out of a container: it ends, or its tags change.</summary>
    internal void WritePending(ContainerSeries container)
    {
        foreach (Series series in container.All) WritePending(series);
    }

    /// <summary>After a sample: forgets the series that it has not had for long, such as those of a removed interface.</summary>
    internal void ForgetOld(ContainerSeries container, long nowNs)
    {
        if (_everyNs == 0) return;
        for (int i = container.All.Count - 1; i >= 0; i--)
        {
            Series series = container.All[i];
            if (nowNs - series.SampledNs < _everyNs) continue;
            WritePending(series);
            container.All.RemoveAt(i);
        }
    }

    private void WritePending(Series series)
    {
        if (!series.IsPending) return;
        Span<byte> line = lines.Reserve(series.Text.Length);
        series.Text.CopyTo(line);
        lines.SetTimestamp(series.SampledNs);
        lines.End(line, series.Text.Length);
        series.WrittenNs = series.SampledNs;
    }
}
