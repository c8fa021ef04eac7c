using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>
/// The metric of OpenTelemetry's semantic conventions (opentelemetry.io/docs/specs/semconv) that shows a field. A field without one has
/// a name made from its measurement and its field name.
/// </summary>
/// <param name="Name">The metric's name. Several fields may share one, with different attributes.</param>
/// <param name="Unit">The unit in UCUM: <c>s</c>, <c>By</c>, <c>{cpu}</c>.</param>
internal sealed record OtlpMetric(string Name, string Unit)
{
    /// <summary>Constant attributes of its points.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Attributes { get; init; } = [];

    /// <summary>Whether it is a sum that can also fall (UpDownCounter), not a gauge. It is cumulative, whatever the sink's temporality.</summary>
    public bool IsUpDown { get; init; }

    /// <summary>The factor from the field's unit to <see cref="Unit"/>; 1 for none. Times do not need one.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>A reading of the same set that is subtracted; null for none. Without that reading, there is no point. A difference below zero is 0.</summary>
    public Reading? Subtracted { get; init; }

    /// <summary>The attribute for a tag of a row, by the conventions; the tag's own name if they have none.</summary>
    internal static string AttributeOf(string tag) => tag switch
    {
        "interface" => "network.interface.name",
        "device" => "system.device",
        "core" => "cpu.logical_number",
        "mount_point" => "system.filesystem.mountpoint",
        "fstype" => "system.filesystem.type",
        "runtime" => "container.runtime.name",
        _ => tag,
    };
}
