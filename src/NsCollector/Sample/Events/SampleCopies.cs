using System.Collections.Immutable;
using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>Which readings of a sample an event repeats, by the metric catalogue.</summary>
internal sealed class SampleCopies
{
    private SampleCopies(SamplePart part)
    {
        (Reading first, Reading last) = MetricCatalogue.RangeOf(SamplePart.Devices);
        (Reading From, Reading To)[] all = MetricCatalogue.CopiesOf(part);
        Scalars = [.. all.Where(copy => copy.From < first || copy.From > last)];
        Devices = [.. all.Where(copy => copy.From >= first && copy.From <= last)];
    }

    /// <summary>Those of container_exit.</summary>
    internal static SampleCopies Exit { get; } = new(SamplePart.Exit);

    /// <summary>Those of container_oom.</summary>
    internal static SampleCopies Oom { get; } = new(SamplePart.Oom);

    /// <summary>Of <see cref="ContainerSample.Scalars"/>.</summary>
    internal ImmutableArray<(Reading From, Reading To)> Scalars { get; }

    /// <summary>Of <see cref="ContainerSample.Devices"/>, summed over all of them.</summary>
    internal ImmutableArray<(Reading From, Reading To)> Devices { get; }
}
