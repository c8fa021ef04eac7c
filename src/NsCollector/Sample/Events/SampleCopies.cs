using System.Collections.Immutable;
using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>Which readings of a sample an event copies, by the metric catalogue.</summary>
internal sealed class SampleCopies
{
    private SampleCopies(SamplePart part)
    {
        (Reading first, Reading last) = MetricCatalogue.RangeOf(SamplePart.Devices);
        (Reading From, Reading To)[] all = MetricCatalogue.CopiesOf(part);
        (Reading hostFirst, Reading hostLast) = MetricCatalogue.RangeOf(SamplePart.HostMemory);
        Devices = [.. all.Where(copy => copy.From >= first && copy.From <= last)];
        HostMemory = [.. all.Where(copy => copy.From >= hostFirst && copy.From <= hostLast)];
        Scalars = [.. all.Except(Devices).Except(HostMemory)];
    }

    /// <summary>The copies of container_exit.</summary>
    internal static SampleCopies Exit { get; } = new(SamplePart.Exit);

    /// <summary>The copies of container_oom.</summary>
    internal static SampleCopies Oom { get; } = new(SamplePart.Oom);

    /// <summary>From <see cref="ContainerSample.Scalars"/>.</summary>
    internal ImmutableArray<(Reading From, Reading To)> Scalars { get; }

    /// <summary>From <see cref="ContainerSample.Devices"/>, summed over all devices.</summary>
    internal ImmutableArray<(Reading From, Reading To)> Devices { get; }

    /// <summary>From <see cref="HostMetrics.HostSample.Memory"/>.</summary>
    internal ImmutableArray<(Reading From, Reading To)> HostMemory { get; }
}
