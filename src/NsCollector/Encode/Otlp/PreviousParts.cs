using NsCollector.Catalogue;

namespace NsCollector.Encode.Otlp;

/// <summary>The previous values of all counters of one resource: a container, or the host. Exists only with delta temporality.</summary>
internal sealed class PreviousParts
{
    private static readonly int Parts = Enum.GetValues<SamplePart>().Length;

    private readonly PreviousValues?[] _sets = new PreviousValues?[Parts];
    private readonly PreviousRows?[] _rows = new PreviousRows?[Parts];

    /// <summary>The values of a part without rows. Allocates the first time.</summary>
    internal PreviousValues SetOf(SamplePart part)
    {
        if (_sets[(int)part] is { } known) return known;
        (int first, int count) = RangeOf(part);
        return _sets[(int)part] = new PreviousValues(first, count);
    }

    /// <summary>The values of a part with rows. Allocates the first time.</summary>
    internal PreviousRows RowsOf(SamplePart part)
    {
        if (_rows[(int)part] is { } known) return known;
        (int first, int count) = RangeOf(part);
        return _rows[(int)part] = new PreviousRows(first, count);
    }

    private static (int First, int Count) RangeOf(SamplePart part)
    {
        (Reading first, Reading last) = MetricCatalogue.RangeOf(part);
        return ((int)first, last - first + 1);
    }
}
