using System.Globalization;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Filesystem;

namespace NsCollector.Host.Check;

/// <summary>Whether the containers' disks are read, and by which means.</summary>
internal static class FilesystemCheck
{
    internal static IEnumerable<Finding> Findings(HostRoots roots, FilesystemOptions options)
    {
        if (!options.Containers)
        {
            yield return Finding.Ok("disks: container_filesystem is off (filesystem.containers)");
            yield break;
        }

        int root = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes($"{roots.Proc}/1/root\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        if (root < 0)
        {
            yield return Finding.Warn($"disks: the root of process 1 cannot be opened ({Errno.Name(-root)}), so directories are looked for among the mounts of this process; grant CAP_SYS_PTRACE, or some disks are missing");
        }
        else
        {
            Libc.Close(root);
        }

        string quotas = QuotaError() is { } error
            ? $"project quotas are those that statfs(2) shows, and only with a limit, because quotactl_fd(2) is not permitted ({Errno.Name(error)})"
            : "project quotas are read by quotactl_fd(2)";
        string walks = options.WalkCpuPercent > 0
            ? string.Create(CultureInfo.InvariantCulture, $"directories without a quota are walked, with at most {options.WalkCpuPercent} % of a core")
            : "directories without a quota are not walked";
        yield return Finding.Ok($"disks: {quotas}; {walks}");
    }

    /// <returns>The error number if the call is not permitted or not known to the kernel; else null, whatever the file system has.</returns>
    private static int? QuotaError()
    {
        int root = Libc.Openat(Libc.AT_FDCWD, "/\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (root < 0) return -root;
        int result = Libc.ProjectQuota(root, 1, out _);
        Libc.Close(root);
        return result is -Errno.EPERM or -Errno.EACCES ? -result : result == -Errno.ENOSYS && !HasCall() ? Errno.ENOSYS : null;
    }

    // A file system without quotas answers ENOSYS too. A wrong descriptor is seen before the file system is.
    private static bool HasCall() => Libc.ProjectQuota(-1, 1, out _) == -Errno.EBADF;
}
