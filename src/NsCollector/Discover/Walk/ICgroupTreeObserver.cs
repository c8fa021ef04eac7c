using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Walk;

/// <summary>Receives the directories of containers that appear and disappear.</summary>
internal interface ICgroupTreeObserver
{
    /// <summary>A directory that is a container was seen for the first time.</summary>
    void Appeared(CgroupTree tree, CgroupNode node);

    /// <summary>The directory of a container is gone.</summary>
    void Disappeared(CgroupTree tree, CgroupNode node);

    /// <summary>The directory of a container was created and removed before it could be read.</summary>
    /// <param name="tree">Its hierarchy.</param>
    /// <param name="path">Its path in the hierarchy.</param>
    /// <param name="recognised">What its path says.</param>
    void CameAndWent(CgroupTree tree, string path, in RecognisedContainer recognised);
}
