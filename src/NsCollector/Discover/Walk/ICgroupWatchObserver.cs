namespace NsCollector.Discover.Walk;

/// <summary>Is told what the kernel says of the directories that are watched.</summary>
internal interface ICgroupWatchObserver
{
    /// <summary>A directory was made in a watched one, or moved there.</summary>
    void Made(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul);

    /// <summary>A directory was removed from a watched one, or moved away.</summary>
    void Removed(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul);

    /// <summary>The kernel's queue was full: what happened is not known, and only a walk finds it out.</summary>
    void Overflowed();
}
