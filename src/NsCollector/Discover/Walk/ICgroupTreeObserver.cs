namespace NsCollector.Discover.Walk;

/// <summary>Is told what a walk found changed.</summary>
internal interface ICgroupTreeObserver
{
    /// <summary>A directory that is a container was seen for the first time.</summary>
    void Appeared(CgroupTree tree, CgroupNode node);

    /// <summary>A directory that is a container is no longer there.</summary>
    void Disappeared(CgroupTree tree, CgroupNode node);
}
