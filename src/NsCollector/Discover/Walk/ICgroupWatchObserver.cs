namespace NsCollector.Discover.Walk;

/// <summary>Receives the events of watched directories.</summary>
internal interface ICgroupWatchObserver
{
    /// <summary>A directory was created in a watched one, or moved there.</summary>
    void Created(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul);

    /// <summary>A directory was removed from a watched one, or moved away.</summary>
    void Removed(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul);

    /// <summary>The kernel's queue was full: events are lost, and only a walk finds what happened.</summary>
    void Overflowed();
}
