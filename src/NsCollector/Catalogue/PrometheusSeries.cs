using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>
/// A series of the Prometheus page that shows a field under a cAdvisor name. A field without one has a name made from its
/// measurement and its field name.
/// </summary>
/// <param name="Name">The family's name. Several fields may share one, with different labels.</param>
internal sealed record PrometheusSeries(string Name)
{
    /// <summary>The family's help text; null for the field's own. If several fields share the family, the text of the first one is used.</summary>
    public string? Help { get; init; }

    /// <summary>A constant label, written <c>name="value"</c>; empty for none.</summary>
    public string Label { get; init; } = "";

    /// <summary>The key of the only row that is shown; null for all rows.</summary>
    public string? Row { get; init; }

    /// <summary>The names of the labels for a row's keys, if they are not the measurement's tags.</summary>
    public ImmutableArray<string> RowLabels { get; init; } = [];

    /// <summary>The number by which the value is divided, for a series in the kernel's own unit.</summary>
    public long Divisor { get; init; } = 1;

    /// <summary>Whether a row's key is not a label, because <see cref="Row"/> selects one.</summary>
    public bool HidesRow => Row is not null;

    /// <summary>Whether the row is a block device; its label is then <c>/dev/NAME</c>.</summary>
    public bool IsDevice { get; init; }

    /// <summary>The string field of the same measurement that the series has as a label of the same name; null for none.</summary>
    public string? TextLabel { get; init; }

    /// <summary>Whether the series also has labels with the device's major and minor number.</summary>
    public bool HasDeviceNumbers { get; init; }

    /// <summary>The reading without which the series is left out; null for none.</summary>
    public Reading? OnlyWith { get; init; }

    /// <summary>The value that is written if the reading is absent, such as 0, which means no limit in cAdvisor; null to write nothing.</summary>
    public long? IfAbsent { get; init; }

    /// <summary>The number that is written for each word of a string field, in the order of <see cref="Field.Words"/>.</summary>
    public ImmutableArray<long> Values { get; init; } = [];

    /// <summary>The label for the word of a string field; the value of the series is then 1. Null for none.</summary>
    public string? WordLabel { get; init; }

    /// <summary>The reading from which the field is subtracted; null for none. Without it the series is left out.</summary>
    public Reading? SubtractedFrom { get; init; }

    /// <summary>Whether the field keeps its own name too, because the series shows it in another unit or without its context.</summary>
    public bool IsAdditional { get; init; }

    /// <summary>Whether cAdvisor calls the family a gauge, although it counts.</summary>
    public bool IsGauge { get; init; }

    /// <summary>The reading that is added, if <see cref="NotAddedWith"/> is absent; null for none.</summary>
    public Reading? Added { get; init; }

    /// <summary>The reading with which <see cref="Added"/> is not added, because the kernel's figure is another one.</summary>
    public Reading NotAddedWith { get; init; }

    /// <summary>Whether a time is written in the kernel's unit, not in seconds.</summary>
    public bool IsRaw { get; init; }

    /// <summary>Whether cgroup v2's cpu.weight is converted to cpu.shares of v1.</summary>
    public bool IsCpuShares { get; init; }

    /// <summary>
    /// Whether a field of the host's file systems is shown as one of the root cgroup (<c>id="/"</c>), as in cAdvisor, with the label
    /// <c>device</c>.
    /// </summary>
    public bool IsOfRoot { get; init; }

    /// <summary>Whether a time is truncated to whole seconds.</summary>
    public bool IsWhole { get; init; }
}
