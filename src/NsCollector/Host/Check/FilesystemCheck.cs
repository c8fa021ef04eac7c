using System.Globalization;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Filesystem;

namespace NsCollector.Host.Check;

/// <summary>Whether and how the agent reads the containers' disks.</summary>
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
            yield return Finding.Warn($"disks: cannot open the root of process 1 ({Errno.Name(-root)}), so the agent looks for directories in its own mounts, and some disks may be missing; grant CAP_SYS_PTRACE");
        }
        else
        {
            Libc.Close(root);
        }

        string quotas = QuotaError() is { } error
            ? $"project quotas are read by statfs(2), and only those with a limit, because quotactl_fd(2) is not permitted ({Errno.Name(error)})"
            : "project quotas are read by quotactl_fd(2)";
        string walks = options.WalkCpuPercent > 0
            ? string.Create(CultureInfo.InvariantCulture, $"directories without a quota are walked, with at most {options.WalkCpuPercent} % of a core")
            : "directories without a quota are not walked";
        yield return Finding.Ok($"disks: {quotas}; {walks}");
    }

    /// <returns>The error number if the call is not permitted, or if the kernel does not have it; else null, with or without quotas.</returns>
    private static int? QuotaError()
    {
        int root = Libc.Openat(Libc.AT_FDCWD, "/\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (root < 0) return -root;
        int result = Libc.ProjectQuota(root, 1, out _);
        Libc.Close(root);
        return result is -Errno.EPERM or -Errno.EACCES ? -result : result == -Errno.ENOSYS && !HasCall() ? Errno.ENOSYS : null;
    }

    // A file system without quotas also returns ENOSYS. The kernel checks the descriptor before it looks at the file system.
    private static bool HasCall() => Libc.ProjectQuota(-1, 1, out _) == -Errno.EBADF;
}
