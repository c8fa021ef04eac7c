using NsCollector.Catalogue;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The project quota of a directory on XFS or ext4: usage and limit of its project. quotactl_fd(2) returns both exactly, but the
/// service may not call it by default, because it can also change quotas. Without it, statfs(2) returns them for a directory if its
/// project has a limit (ext4_statfs_project in fs/ext4/super.c, xfs_qm_statvfs in fs/xfs/xfs_qm_bhv.c).
/// </summary>
internal static class ProjectQuota
{
    /// <summary>Reads usage and limits.</summary>
    /// <param name="directory">The directory; not opened with O_PATH.</param>
    /// <param name="top">The root of its file system, or of its mount; O_PATH is sufficient.</param>
    /// <param name="figures">Receives usage and limits.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>Whether the directory belongs to a project. statfs(2) then returns the figures of the project.</returns>
    internal static bool Read(int directory, int top, DiskFigures figures, long nowNs)
    {
        if (Libc.ProjectOf(directory, out uint project, out bool isInherited) < 0 || project == 0) return false;
        if (Libc.ProjectQuota(directory, project, out QuotaUsage usage) >= 0)
        {
            figures.SetUsed(usage.UsedBytes, usage.UsedInodes, "project_quota"u8, nowNs);
            if (usage.LimitBytes > 0) figures.Readings.SetUnsigned(Reading.DiskLimitBytes, usage.LimitBytes);
            if (usage.InodeLimit > 0) figures.Readings.SetUnsigned(Reading.DiskLimitInodes, usage.InodeLimit);
        }
        else if (isInherited)
        {
            ReadBySpace(directory, top, figures, nowNs);
        }

        return true;
    }

    /// <summary>Reads the figures of statfs(2) for a directory of a project with a limit.</summary>
    internal static void ReadBySpace(int directory, int top, DiskFigures figures, long nowNs)
    {
        if (Libc.Fstatvfs(top, out FileSystemSpace before) < 0 || Libc.Fstatvfs(directory, out FileSystemSpace own) < 0
            || Libc.Fstatvfs(top, out FileSystemSpace after) < 0)
        {
            return;
        }

        // The kernel shows a limit only if it is smaller than the file system.
        ulong? inodes = null;
        if (own.Inodes < before.Inodes)
        {
            figures.Readings.SetUnsigned(Reading.DiskLimitInodes, own.Inodes);

            // statfs(2) reports the smaller of what the project and what the file system has left. If that is the file system's, the
            // usage of the project cannot be computed.
            if (own.FreeInodes < Math.Min(before.FreeInodes, after.FreeInodes)) inodes = own.Inodes - own.FreeInodes;
        }

        if (own.SizeBytes >= before.SizeBytes) return;
        figures.Readings.SetUnsigned(Reading.DiskLimitBytes, own.SizeBytes);
        if (own.FreeBytes < Math.Min(before.FreeBytes, after.FreeBytes)) figures.SetUsed(own.SizeBytes - own.FreeBytes, inodes, "project_quota"u8, nowNs);
    }
}
