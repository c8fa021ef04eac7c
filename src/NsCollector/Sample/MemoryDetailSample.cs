using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>container_memory_detail of one container in one cycle. Reused.</summary>
internal sealed class MemoryDetailSample
{
    /// <summary>The readings that a container has once.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.MemoryDetail);

    /// <summary>A row for each memory node; the key is its number.</summary>
    public RowTable Nodes { get; } = RowTable.Of(SamplePart.MemoryNodes);

    /// <summary>A row for each resource of the misc controller, as the kernel names it.</summary>
    public RowTable Misc { get; } = RowTable.Of(SamplePart.MiscResources);

    /// <summary>Number of readings left out because the kernel's number is not possible.</summary>
    internal int ImpossibleCount => Readings.ImpossibleCount + Nodes.ImpossibleCount + Misc.ImpossibleCount;

    /// <summary>Makes it equal to another sample.</summary>
    internal void CopyFrom(MemoryDetailSample other)
    {
        Readings.CopyFrom(other.Readings);
        Nodes.CopyFrom(other.Nodes);
        Misc.CopyFrom(other.Misc);
    }

    /// <summary>Removes all readings and keeps the memory.</summary>
    internal void Clear()
    {
        Readings.Clear();
        Nodes.Clear();
        Misc.Clear();
    }
}
