using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Prometheus;

/// <summary>The source of a series of a <see cref="PageFamily"/>: a field, and the labels that distinguish it from others of its family.</summary>
internal sealed class PageSource
{
    private PageSource(Measurement measurement, Field field, PrometheusSeries? series)
    {
        Part = measurement.Part;
        OwnName = OutputSelection.NameOf(measurement, field);
        Index = field.Index;
        IsFloat = field.Type == FieldType.Float;
        Decimals = series is { IsRaw: true } ? 0 : DecimalsOf(field.Unit);
        Label = Encoding.UTF8.GetBytes(series?.Label ?? "");
        Row = series?.Row is { } row ? Encoding.UTF8.GetBytes(row) : null;
        bool hidesRow = series?.HidesRow ?? false;
        IsOfRoot = series?.IsOfRoot ?? false;
        IEnumerable<string> labels = IsOfRoot ? ["device"] : series is { RowLabels.IsEmpty: false } ? series.RowLabels : new[] { measurement.RowTag ?? "" }.Concat(measurement.MoreRowTags);
        RowLabels = hidesRow || measurement.RowTag is null ? [] : [.. labels.Select(Encoding.UTF8.GetBytes)];
        Divisor = series?.Divisor ?? 1;
        IsDevice = series?.IsDevice ?? false;
        if (series?.TextLabel is { } text)
        {
            TextName = Encoding.ASCII.GetBytes(text);
            TextIndex = measurement.TextFields.ToList().FindIndex(other => other.Name == text);
        }

        HasDeviceNumbers = series?.HasDeviceNumbers ?? false;
        OnlyWith = series?.OnlyWith is { } only ? (int)only : -1;
        IfAbsent = series?.IfAbsent;
        Values = series is { Values.IsEmpty: false } ? [.. series.Values] : [];
        WordLabels = series?.WordLabel is { } label ? [.. field.Words.Select(word => Encoding.ASCII.GetBytes($"{label}=\"{word}\""))] : [];
        SubtractedFrom = series?.SubtractedFrom is { } whole ? (int)whole : -1;
        Added = series?.Added is { } added ? (int)added : -1;
        NotAddedWith = series?.NotAddedWith ?? default;
        IsCpuShares = series?.IsCpuShares ?? false;
        IsWhole = series?.IsWhole ?? false;
    }

    private PageSource(SamplePart part, PageTime time, string name) =>
        (OwnName, Part, Index, OnlyWith, SubtractedFrom, Added, Time, IsWhole, Label, RowLabels, Values) = (name, part, -1, -1, -1, -1, time, true, [], [], []);

    private PageSource(int tcpDetail)
        : this(SamplePart.Protocols, PageTime.None, ContainerTcpFields.AdvancedFamily)
    {
        TcpDetail = tcpDetail;
        IsWhole = false;
        Label = Encoding.ASCII.GetBytes($"tcp_state=\"{TcpDetailFigures.Names[tcpDetail].ToLowerInvariant()}\"");
    }

    /// <summary>The figures of TCP that are no fields.</summary>
    internal static ImmutableArray<PageSource> TcpDetails { get; } = [.. Enumerable.Range(0, TcpDetailFigures.Names.Length).Select(figure => new PageSource(figure))];

    /// <summary>The time of the sample.</summary>
    internal static PageSource LastSeen { get; } = new(SamplePart.Info, PageTime.Sampled, "container_last_seen");

    /// <summary>The time at which the container's cgroup was created.</summary>
    internal static PageSource Created { get; } = new(SamplePart.Info, PageTime.Created, "container_creation_time_seconds");

    /// <summary>The time at which the container exited.</summary>
    internal static PageSource Exited { get; } = new(SamplePart.Exit, PageTime.Exited, "container_exit_time_seconds");

    /// <summary>The name of its field in docs/metrics.md; for a time that is not a reading, the name of its family.</summary>
    internal string OwnName { get; }

    /// <summary>Which time of the container it is, if it is not a reading.</summary>
    internal PageTime Time { get; }

    /// <summary>The figure of <see cref="TcpDetailFigures"/>; -1 if it is a reading or a time.</summary>
    internal int TcpDetail { get; } = -1;

    /// <summary>The part of a sample that has the reading.</summary>
    internal SamplePart Part { get; }

    /// <summary>The reading.</summary>
    internal int Index { get; }

    /// <summary>Whether it is a floating-point number.</summary>
    internal bool IsFloat { get; }

    /// <summary>Decimal places by which a time is shifted to seconds: 9 for nanoseconds; 0 for a reading that is not a time.</summary>
    internal int Decimals { get; }

    /// <summary>The number by which the reading is divided.</summary>
    internal long Divisor { get; } = 1;

    /// <summary>A constant label; empty for none.</summary>
    internal byte[] Label { get; }

    /// <summary>The key of the only row that is shown; null for all rows.</summary>
    internal byte[]? Row { get; }

    /// <summary>The names of the labels for a row's keys; empty for none.</summary>
    internal byte[][] RowLabels { get; }

    /// <summary>Whether the rows are file systems of the host, shown for the root cgroup.</summary>
    internal bool IsOfRoot { get; }

    /// <summary>Whether the row's label is <c>/dev/NAME</c>.</summary>
    internal bool IsDevice { get; }

    /// <summary>Whether the series also has labels with the device's major and minor number.</summary>
    internal bool HasDeviceNumbers { get; }

    /// <summary>The name of the label that shows a text of the row (<see cref="Sample.Row.Text"/>).</summary>
    internal byte[] TextName { get; } = [];

    /// <summary>The index of that text; -1 for none.</summary>
    internal int TextIndex { get; } = -1;

    /// <summary>The reading without which the series is left out; -1 for none.</summary>
    internal int OnlyWith { get; }

    /// <summary>The value that is written if the reading is absent; null to write nothing.</summary>
    internal long? IfAbsent { get; }

    /// <summary>The number that is written for each word of a string field; empty for a field that is a number.</summary>
    internal long[] Values { get; }

    /// <summary>The label for each word of a string field; the value of the series is then 1. Empty for none.</summary>
    internal byte[][] WordLabels { get; } = [];

    /// <summary>The reading from which it is subtracted; -1 for none.</summary>
    internal int SubtractedFrom { get; }

    /// <summary>The reading that is added if <see cref="NotAddedWith"/> is absent; -1 for none.</summary>
    internal int Added { get; }

    /// <summary>The reading with which nothing is added.</summary>
    internal Reading NotAddedWith { get; }

    /// <summary>Whether cgroup v2's cpu.weight is converted to cpu.shares of v1.</summary>
    internal bool IsCpuShares { get; }

    /// <summary>Whether a time is truncated to whole seconds.</summary>
    internal bool IsWhole { get; }

    /// <summary>The sources of a field, each with the name, help and type of its family.</summary>
    /// <param name="measurement">The field's measurement.</param>
    /// <param name="field">The field.</param>
    /// <param name="hasNodeNames">Whether names of node_exporter replace its own.</param>
    internal static IEnumerable<(string Name, string Help, bool IsCounter, PageSource Source)> Of(Measurement measurement, Field field, bool hasNodeNames)
    {
        // A string field of a row is the label of a series that is always 1.
        if ((field.Index < 0 && field.Prometheus.IsEmpty) || field.IsRepeatedOnPage) yield break;
        bool isCounter = field.Kind == FieldKind.Counter, isReplaced = hasNodeNames && !field.Node.IsEmpty;
        foreach (PrometheusSeries series in isReplaced ? field.Prometheus.AddRange(field.Node) : field.Prometheus)
            yield return (series.Name, series.Help ?? HelpOf(series.Name, field), isCounter && !series.IsGauge && series.SubtractedFrom is null, new PageSource(measurement, field, series));

        // A series that shows one row does not show the other rows.
        if (!isReplaced && field.Type is not FieldType.String && field.Prometheus.All(series => series.Row is not null || series.IsAdditional))
            {
            string name = PageName(measurement, field);
            yield return (name, HelpOf(name, field), isCounter, new PageSource(measurement, field, null));
        }
    }

    // The page has times in seconds, except for some of cAdvisor's names.
    private static string HelpOf(string name, Field field) => name.Contains("_seconds", StringComparison.Ordinal)
        ? field.Help.Replace("in nanoseconds", "in seconds", StringComparison.Ordinal).Replace("in microseconds", "in seconds", StringComparison.Ordinal)
        : field.Help;

    // prometheus.io/docs/practices/naming: base units, and the suffix _total for counters.
    private static string PageName(Measurement measurement, Field field)
    {
        string name = measurement.Name + "_" + field.Name;

        // The suffix _count is reserved for histograms.
        if (field.Name == "count") name = measurement.Name + "_entries";
        if (field.Kind != FieldKind.Counter) name = Without(name, "_count");
        if (DecimalsOf(field.Unit) > 0) name = Without(Without(name, "_ns"), "_us");
        if (field.Kind == FieldKind.Counter) name = Without(name, "_total");
        if (DecimalsOf(field.Unit) > 0) name += "_seconds";
        return field.Kind == FieldKind.Counter ? name + "_total" : name;
    }

    private static string Without(string name, string end) => name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : name;

    private static int DecimalsOf(string unit) =>
        unit.StartsWith("nanoseconds", StringComparison.Ordinal) ? 9 : unit.StartsWith("microseconds", StringComparison.Ordinal) ? 6 : 0;
}
