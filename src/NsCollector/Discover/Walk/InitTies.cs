namespace NsCollector.Discover.Walk;

/// <summary>
/// Processes of one container that started in the same tick: an init process that starts others at once. Chooses the one
/// that none of the others is the parent of. Allocates nothing after its creation.
/// </summary>
internal sealed class InitTies
{
    /// <summary>The most that are compared; a tick is 10 ms. Others count as younger.</summary>
    private const int Max = 64;

    private readonly (InitCandidate Process, CgroupTree Tree, CgroupNode Node, byte[] File)[] _ties = new (InitCandidate, CgroupTree, CgroupNode, byte[])[Max];
    private int _count;

    /// <summary>Whether there is any.</summary>
    internal bool IsEmpty => _count == 0;

    /// <summary>One of them; all are alike.</summary>
    internal InitCandidate First => _ties[0].Process;

    /// <summary>Forgets all.</summary>
    internal void Clear() => _count = 0;

    /// <summary>Adds a process that is like the others.</summary>
    /// <param name="process">The process.</param>
    /// <param name="tree">The hierarchy in which it was found.</param>
    /// <param name="node">The container's directory there.</param>
    /// <param name="file">The file that lists it, relative to that directory, with a NUL byte.</param>
    internal void Add(in InitCandidate process, CgroupTree tree, CgroupNode node, byte[] file)
    {
        if (_count < Max) _ties[_count++] = (process, tree, node, file);
    }

    /// <summary>The process whose parent is not among them. Of several such processes, the one with the lowest pid.</summary>
    internal (InitCandidate Process, CgroupTree Tree, CgroupNode Node, byte[] File) Choose()
    {
        int chosen = 0;
        for (int i = 1; i < _count; i++)
        {
            bool hasParent = HasParent(i), chosenHasParent = HasParent(chosen);
            if (hasParent == chosenHasParent ? _ties[i].Process.Pid < _ties[chosen].Process.Pid : chosenHasParent) chosen = i;
        }

        return _ties[chosen];
    }

    private bool HasParent(int index)
    {
        int parent = _ties[index].Process.ParentPid;
        for (int i = 0; i < _count; i++)
        {
            if (_ties[i].Process.Pid == parent) return true;
        }

        return false;
    }
}
