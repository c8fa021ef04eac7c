using NsCollector.Catalogue;
using NsCollector.Encode.Selection;
using NsCollector.Sample;

namespace NsCollector.Encode.Otlp;

/// <summary>A field that gives points of a metric.</summary>
internal sealed class OtlpSource
{
    internal OtlpSource(Measurement measurement, Field field, OtlpMetric? metric, double factor)
    {
        Index = field.Index;
        OwnName = OutputSelection.NameOf(measurement, field);
        IsFloat = field.Type == FieldType.Float;
        Factor = factor;
        Subtracted = metric?.Subtracted;
        Attributes = [.. (metric?.Attributes ?? []).SelectMany(one => OtlpAttribute.Text(OtlpFamily.PointAttributes, one.Key, one.Value))];
        Words = field.Type == FieldType.String ? [.. field.Words.Select(word => OtlpAttribute.Text(OtlpFamily.PointAttributes, field.Name, word))] : [];
        RowKeys = measurement.RowTag is null ? []
            : [.. new[] { measurement.RowTag }.Concat(measurement.MoreRowTags).Select(tag => Protobuf.Field(1, OtlpMetric.AttributeOf(tag)))];
    }

    /// <summary>The field's name in docs/metrics.md.</summary>
    internal string OwnName { get; }

    /// <summary>The reading.</summary>
    internal int Index { get; }

    /// <summary>Whether the reading is a floating-point number.</summary>
    internal bool IsFloat { get; }

    /// <summary>The factor to the metric's unit; 0 for a whole number that is written as it is.</summary>
    internal double Factor { get; }

    /// <summary>The reading that is subtracted; null for none.</summary>
    internal Reading? Subtracted { get; }

    /// <summary>Constant attributes, encoded.</summary>
    internal byte[] Attributes { get; }

    /// <summary>The attribute for each word of a string field, encoded; the value of the point is then 1. Empty for a number.</summary>
    internal byte[][] Words { get; }

    /// <summary>The keys of the attributes for a row's keys, encoded; empty if it has no rows.</summary>
    internal byte[][] RowKeys { get; }

    /// <summary>Its value in a set, before the factor; a floating-point number as its bits.</summary>
    /// <returns>False if the set does not have it.</returns>
    internal bool TryGet(ReadingSet set, out long value)
    {
        if (!set.TryGet((Reading)Index, out value)) return false;
        if (Subtracted is not { } subtracted) return true;
        if (!set.TryGet(subtracted, out long part)) return false;
        value = Math.Max(0, value - part);
        return true;
    }
}
