using NsCollector.Linux.Interop;
using static NsCollector.Sample.Cgroup.ContainerCgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>The files that are held open for all containers, within the <see cref="DescriptorBudget"/>.</summary>
/// <param name="files">The files of the plan.</param>
/// <param name="budget">How many may be held.</param>
internal sealed class HeldFiles(CgroupFile[] files, DescriptorBudget budget)
{
    internal DescriptorBudget Budget => budget;

    /// <summary>Records that a file exists and is read each cycle.</summary>
    internal void SetPresent(ContainerCgroup cgroup, int index)
    {
        if (cgroup.Files[index] != FileState.Unknown) return;
        cgroup.Files[index] = FileState.Present;
        budget.ChangeWanted(files[index].Rank, 1);
    }

    /// <summary>Holds an open file if the budget allows it; else the caller closes it.</summary>
    internal bool TryHold(ContainerCgroup cgroup, int index, int descriptor)
    {
        if (!budget.TryReserve(files[index].Rank)) return false;
        cgroup.Descriptors[index] = descriptor;
        cgroup.HeldFiles++;
        return true;
    }

    /// <summary>Closes a file if it is held, removes it from the budget if it is counted there, and sets its state.</summary>
    internal void Release(ContainerCgroup cgroup, int index, FileState state)
    {
        CloseHeld(cgroup, index);
        if (cgroup.Files[index] == FileState.Present) budget.ChangeWanted(files[index].Rank, -1);
        cgroup.Files[index] = state;
    }

    /// <summary>Releases every file of a container.</summary>
    internal void ReleaseAll(ContainerCgroup cgroup)
    {
        for (int i = 0; i < files.Length; i++) Release(cgroup, i, FileState.Unknown);
    }

    /// <summary>After a reading of the limits, releases what is no longer read: alternatives chosen before, and files of a payload that is gone or has no quota.</summary>
    internal void ReleaseUnneeded(ContainerCgroup cgroup)
    {
        for (int i = 0; i < files.Length; i++)
        {
            if (cgroup.Files[i] != FileState.Present) continue;
            CgroupFile file = files[i];
            if ((file.Chain >= 0 && cgroup.Chosen[file.Chain] != i) || (file.IsPayload && !PayloadRules.IsNeeded(cgroup.Carried, file)))
                Release(cgroup, i, FileState.Unknown);
        }
    }

    /// <summary>A hierarchy has lost the container.</summary>
    internal void LoseHierarchy(ContainerCgroup cgroup, int hierarchy)
    {
        cgroup.Exists[hierarchy] = false;
        cgroup.LostSome = true;
        cgroup.HasPreviousUsage = false;
        for (int i = 0; i < files.Length; i++)
        {
            if (files[i].Hierarchy == hierarchy) Release(cgroup, i, FileState.Unknown);
        }
    }

    /// <summary>One hierarchy has lost the container, so the others will soon. This checks those that are read only with the limits.</summary>
    internal void RecheckHierarchies(ContainerCgroup cgroup)
    {
        for (int i = 0; i < cgroup.Exists.Length; i++)
        {
            if (cgroup.Exists[i] && !CgroupDirectories.StillExists(cgroup, i)) LoseHierarchy(cgroup, i);
        }
    }

    /// <summary>The missing files of one hierarchy are tried again in the next reading.</summary>
    internal void ForgetAbsentFiles(ContainerCgroup cgroup, int hierarchy)
    {
        for (int i = 0; i < files.Length; i++)
        {
            if (cgroup.Files[i] == FileState.Absent && files[i].Hierarchy == hierarchy) cgroup.Files[i] = FileState.Unknown;
        }
    }

    /// <summary>Closes the files of a container whose ranks the budget no longer holds.</summary>
    internal void ApplyBudget(ContainerCgroup cgroup)
    {
        int heldRanks = budget.HeldRanks;
        if (cgroup.AppliedHeldRanks == heldRanks) return;
        cgroup.AppliedHeldRanks = heldRanks;
        for (int i = 0; i < files.Length; i++)
        {
            if (files[i].Rank >= heldRanks) CloseHeld(cgroup, i);
        }
    }

    private void CloseHeld(ContainerCgroup cgroup, int index)
    {
        int descriptor = cgroup.Descriptors[index];
        if (descriptor < 0) return;
        Libc.Close(descriptor);
        cgroup.Descriptors[index] = -1;
        cgroup.HeldFiles--;
        budget.Release();
    }
}
