using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    // The same on all architectures, as for each call since Linux 5.1.
    private const int SYS_quotactl_fd = 443;

    // QCMD(Q_GETQUOTA, PRJQUOTA) of include/uapi/linux/quota.h.
    private const int GetProjectQuota = (0x800007 << 8) | 2;

    /// <summary>
    /// quotactl_fd(2), Linux 5.14: a project's quota in the file system of a descriptor. It uses a descriptor, because the service's /dev
    /// has no disks. XFS answers the same command as ext4 (quota_getquota in fs/quota/quota.c). The C library has no function for it.
    /// </summary>
    /// <param name="descriptor">Any file of the file system; not opened with O_PATH.</param>
    /// <param name="project">The number of the project.</param>
    /// <param name="usage">Receives the quota.</param>
    /// <returns>0, or -errno: -ESRCH or -ENOENT if the file system counts no projects, -EPERM without CAP_SYS_ADMIN or if the service manager does not permit the call.</returns>
    internal static unsafe int ProjectQuota(int descriptor, uint project, out QuotaUsage usage)
    {
        usage = default;
        fixed (QuotaUsage* result = &usage)
            return (int)Result((long)LibC.syscall(SYS_quotactl_fd, descriptor, GetProjectQuota, project, result));
    }
}
