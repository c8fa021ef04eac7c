using NsCollector.Linux.Interop;
using NsCollector.Telemetry;
using static NsCollector.Sample.Cgroup.ContainerCgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>The files and directories that are held open for all containers, within the <see cref="HeldFilesBudget"/>.</summary>
/// <param name="plan">The files.</param>
/// <param name="budget">How many may be held.</param>
/// <param name="counters">Counts files that are closed for lack of memory.</param>
internal sealed class HeldFiles(CgroupFilePlan plan, HeldFilesBudget budget, AgentCounters counters)
{
    private readonly CgroupFile[] _files = plan.Files;

    internal HeldFilesBudget Budget => budget;

    /// <summary>Whether the directory of a hierarchy may be held.</summary>
    internal bool MayHoldDirectory(int hierarchy) => plan.DirectoryRanks[hierarchy] < budget.HeldDirectories;

    /// <summary>Records that a file exists and is read each cycle.</summary>
    internal void SetPresent(ContainerCgroup cgroup, int index)
    {
        if (cgroup.Files[index] != FileState.Unknown) return;
        cgroup.Files[index] = FileState.Present;
        budget.ChangeWanted(_files[index].Rank, 1);
    }

    /// <summary>Holds an open file if the budget allows it; else the caller closes it.</summary>
    internal bool TryHold(ContainerCgroup cgroup, int index, int descriptor)
    {
        if (!budget.TryReserve(_files[index].Rank)) return false;
        cgroup.Descriptors[index] = descriptor;
        cgroup.HeldFiles++;
        return true;
    }

    /// <summary>Closes a file if it is held, removes it from the budget if it is counted there, and sets its state.</summary>
    internal void Release(ContainerCgroup cgroup, int index, FileState state)
    {
        CloseHeld(cgroup, index);
        if (cgroup.Files[index] == FileState.Present) budget.ChangeWanted(_files[index].Rank, -1);
        cgroup.Files[index] = state;
    }

    /// <summary>Releases every file and directory of a container.</summary>
    internal void ReleaseAll(ContainerCgroup cgroup)
    {
        for (int i = 0; i < _files.Length; i++) Release(cgroup, i, FileState.Unknown);
        for (int i = 0; i < cgroup.DirectoryDescriptors.Length; i++) CloseDirectory(cgroup, i);
    }

    /// <summary>After a reading of the limits, releases what is no longer read: alternatives chosen before, and files of a payload that is gone or has no quota.</summary>
    internal void ReleaseUnneeded(ContainerCgroup cgroup)
    {
        for (int i = 0; i < _files.Length; i++)
        {
            if (cgroup.Files[i] != FileState.Present) continue;
            CgroupFile file = _files[i];
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
        CloseDirectory(cgroup, hierarchy);
        for (int i = 0; i < _files.Length; i++)
        {
            if (_files[i].Hierarchy == hierarchy) Release(cgroup, i, FileState.Unknown);
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
        for (int i = 0; i < _files.Length; i++)
        {
            if (cgroup.Files[i] == FileState.Absent && _files[i].Hierarchy == hierarchy) cgroup.Files[i] = FileState.Unknown;
        }
    }

    /// <summary>Closes the files and directories of a container whose ranks the budget no longer holds.</summary>
    internal void ApplyBudget(ContainerCgroup cgroup)
    {
        ApplyDirectories(cgroup);
        int heldRanks = budget.HeldRanks;
        if (cgroup.AppliedHeldRanks == heldRanks) return;
        cgroup.AppliedHeldRanks = heldRanks;
        int before = cgroup.HeldFiles;
        for (int i = 0; i < _files.Length; i++)
        {
            if (_files[i].Rank >= heldRanks) CloseHeld(cgroup, i);
        }

        if (budget.Bound == HeldFilesBound.Memory) counters.Add(AgentCounter.FilesOverMemory, before - cgroup.HeldFiles);
    }

    private static void CloseDirectory(ContainerCgroup cgroup, int hierarchy)
    {
        ref int descriptor = ref cgroup.DirectoryDescriptors[hierarchy];
        if (descriptor < 0) return;
        Libc.Close(descriptor);
        descriptor = -1;
    }

    private void ApplyDirectories(ContainerCgroup cgroup)
    {
        int held = budget.HeldDirectories;
        if (cgroup.AppliedHeldDirectories == held) return;
        cgroup.AppliedHeldDirectories = held;
        for (int i = 0; i < plan.DirectoryRanks.Length; i++)
        {
            if (plan.DirectoryRanks[i] >= held) CloseDirectory(cgroup, i);
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
