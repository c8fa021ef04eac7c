using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Walk;

/// <summary>Is told which directories of containers come and go.</summary>
internal interface ICgroupTreeObserver
{
    /// <summary>A directory that is a container was seen for the first time.</summary>
    void Appeared(CgroupTree tree, CgroupNode node);

    /// <summary>A directory that is a container is no longer there.</summary>
    void Disappeared(CgroupTree tree, CgroupNode node);

    /// <summary>A directory that was a container's was made and removed again before it could be looked at.</summary>
    /// <param name="tree">Its hierarchy.</param>
    /// <param name="path">Where it stood in that.</param>
    /// <param name="recognised">What its path says of it.</param>
    void CameAndWent(CgroupTree tree, string path, in RecognisedContainer recognised);
}
