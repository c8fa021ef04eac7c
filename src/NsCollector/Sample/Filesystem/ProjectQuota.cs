using NsCollector.Catalogue;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The project quota of a directory on XFS or ext4: what its project uses and may use. quotactl_fd(2) says both exactly, but is not
/// permitted to the service by default, because it can also change quotas. Without it, statfs(2) says them of a directory whose
/// project has a limit (ext4_statfs_project in fs/ext4/super.c, xfs_qm_statvfs in fs/xfs/xfs_qm_bhv.c).
/// </summary>
internal static class ProjectQuota
{
    /// <summary>Reads it.</summary>
    /// <param name="directory">The directory; not opened with O_PATH.</param>
    /// <param name="top">The top of its file system, or of what is mounted of it; O_PATH suffices.</param>
    /// <param name="figures">Receives usage and limits.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>Whether the directory belongs to a project. What the file system says of its space is then the project's.</returns>
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

    /// <summary>Reads what statfs(2) says of a directory whose project has a limit.</summary>
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

            // What is free is at most what is free in the file system; if that is less, nothing follows from it.
            if (own.FreeInodes < Math.Min(before.FreeInodes, after.FreeInodes)) inodes = own.Inodes - own.FreeInodes;
        }

        if (own.SizeBytes >= before.SizeBytes) return;
        figures.Readings.SetUnsigned(Reading.DiskLimitBytes, own.SizeBytes);
        if (own.FreeBytes < Math.Min(before.FreeBytes, after.FreeBytes)) figures.SetUsed(own.SizeBytes - own.FreeBytes, inodes, "project_quota"u8, nowNs);
    }
}
