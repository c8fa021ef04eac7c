using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Telegraf;

/// <summary>The fields of Telegraf's schema that an output shows.</summary>
internal sealed class TelegrafSelection
{
    private readonly TelegrafFilter[] _filters;

    private TelegrafSelection(OutputSelection selection) =>
        _filters =
        [
            .. from field in TelegrafFields.All
               let dot = field.Name.IndexOf('.', StringComparison.Ordinal)
               group (Field: field.Name[(dot + 1)..], IsShown: IsShown(selection, field.Name, field.OwnNames)) by field.Name[..dot] into measurement
               select new TelegrafFilter(measurement.Key, measurement.Where(field => field.IsShown).Select(field => field.Field)),
        ];

    /// <summary>The fields that a selection leaves; null if it leaves all.</summary>
    internal static TelegrafSelection? Of(OutputSelection selection) => selection.ShowsAllMetrics ? null : new TelegrafSelection(selection);

    /// <summary>The fields of a measurement. Allocates nothing.</summary>
    /// <returns>Null if none is shown.</returns>
    internal TelegrafFilter? FilterOf(scoped ReadOnlySpan<byte> measurement)
    {
        foreach (TelegrafFilter filter in _filters)
        {
            if (measurement.SequenceEqual(filter.Measurement)) return filter.IsEmpty ? null : filter;
        }

        return null;
    }

    private static bool IsShown(OutputSelection selection, string name, IEnumerable<string> ownNames) =>
        ownNames.DefaultIfEmpty(name).Any(own => selection.Shows(own, name));
}
