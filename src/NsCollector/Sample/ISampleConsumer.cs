using NsCollector.Discover;

namespace NsCollector.Sample;

/// <summary>What Sample hands its samples to, on the sampling thread; an implementation must not block and, in a steady cycle, must not allocate.</summary>
public interface ISampleConsumer
{
    /// <summary>A cycle begins over this list; it is the same object as before where nothing was born, died or was renamed.</summary>
    void BeginCycle(ContainerList containers);

    /// <summary>One container was read. The sample is filled anew in the next cycle: nothing of it may be kept.</summary>
    void Accept(Container container, ContainerSample sample);

    /// <summary>All containers were read.</summary>
    void EndCycle(in CycleReport report);
}
