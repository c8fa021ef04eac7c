using System.Text;
using NsCollector.Catalogue;

namespace NsCollector.Encode.Prometheus;

/// <summary>Where a series of a <see cref="PageFamily"/> comes from: a field, and the labels that tell it from others of its family.</summary>
internal sealed class PageSource
{
    private PageSource(Measurement measurement, Field field, PrometheusSeries? series)
    {
        Part = measurement.Part;
        Index = field.Index;
        IsFloat = field.Type == FieldType.Float;
        Decimals = DecimalsOf(field.Unit);
        Label = Encoding.UTF8.GetBytes(series?.Label ?? "");
        Row = series?.Row is { } row ? Encoding.UTF8.GetBytes(row) : null;
        bool hidesRow = series?.HidesRow ?? false;
        RowLabels = hidesRow || measurement.RowTag is null ? [] : [.. new[] { measurement.RowTag }.Concat(measurement.MoreRowTags).Select(Encoding.UTF8.GetBytes)];
        IsDevice = series?.IsDevice ?? false;
        HasDeviceNumbers = series?.HasDeviceNumbers ?? false;
        OnlyWith = series?.OnlyWith is { } only ? (int)only : -1;
        ZeroIfAbsent = series?.ZeroIfAbsent ?? false;
        IsWhole = series?.IsWhole ?? false;
    }

    private PageSource() => (Part, Index, OnlyWith, IsTimestamp, IsWhole, Label, RowLabels) = (SamplePart.Info, -1, -1, true, true, [], []);

    /// <summary>The time of the sample.</summary>
    internal static PageSource Timestamp { get; } = new();

    /// <summary>Whether it is the time of the sample, not a reading.</summary>
    internal bool IsTimestamp { get; }

    /// <summary>The part of a sample that has the reading.</summary>
    internal SamplePart Part { get; }

    /// <summary>The reading.</summary>
    internal int Index { get; }

    /// <summary>Whether it is a floating-point number.</summary>
    internal bool IsFloat { get; }

    /// <summary>By how many decimal places the reading is shifted to seconds: 9 for nanoseconds; 0 for what is no time.</summary>
    internal int Decimals { get; }

    /// <summary>A constant label; empty for none.</summary>
    internal byte[] Label { get; }

    /// <summary>The key of the only row that is shown; null for all rows.</summary>
    internal byte[]? Row { get; }

    /// <summary>The names of the labels that have a row's keys; empty for none.</summary>
    internal byte[][] RowLabels { get; }

    /// <summary>Whether the row's label is <c>/dev/NAME</c>.</summary>
    internal bool IsDevice { get; }

    /// <summary>Whether labels with the device's numbers follow.</summary>
    internal bool HasDeviceNumbers { get; }

    /// <summary>The reading without which the series is left out; -1 for none.</summary>
    internal int OnlyWith { get; }

    /// <summary>Whether 0 is written for an absent reading.</summary>
    internal bool ZeroIfAbsent { get; }

    /// <summary>Whether a time is cut to whole seconds.</summary>
    internal bool IsWhole { get; }

    /// <summary>The sources of a field, each with the name, help and type of its family.</summary>
    internal static IEnumerable<(string Name, string Help, bool IsCounter, PageSource Source)> Of(Measurement measurement, Field field)
    {
        if (field.Index < 0 || field.Type is FieldType.String) return [];
        bool isCounter = field.Kind == FieldKind.Counter;
        return field.Prometheus.IsEmpty
            ? [(OwnName(measurement, field), field.Help, isCounter, new PageSource(measurement, field, null))]
            : field.Prometheus.Select(series => (series.Name, series.Help ?? field.Help, isCounter, new PageSource(measurement, field, series)));
    }

    // prometheus.io/docs/practices/naming: base units, and total at the end of a counter.
    private static string OwnName(Measurement measurement, Field field)
    {
        string name = measurement.Name + "_" + field.Name;

        // The end _count is for histograms.
        if (field.Name == "count") name = measurement.Name + "_entries";
        if (DecimalsOf(field.Unit) > 0) name = Without(Without(name, "_ns"), "_us");
        if (field.Kind == FieldKind.Counter) name = Without(name, "_total");
        if (DecimalsOf(field.Unit) > 0) name += "_seconds";
        return field.Kind == FieldKind.Counter ? name + "_total" : name;
    }

    private static string Without(string name, string end) => name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : name;

    private static int DecimalsOf(string unit) =>
        unit.StartsWith("nanoseconds", StringComparison.Ordinal) ? 9 : unit.StartsWith("microseconds", StringComparison.Ordinal) ? 6 : 0;
}
