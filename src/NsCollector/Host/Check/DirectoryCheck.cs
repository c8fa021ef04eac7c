using NsCollector.Deliver;
using NsCollector.Host.Configuration;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Check;

/// <summary>Why the agent cannot put files into a directory, or create it, although stat(2) and access(2) report nothing.</summary>
internal static class DirectoryCheck
{
    /// <param name="directory">Its path.</param>
    /// <param name="key">The key of the configuration that sets the path.</param>
    /// <returns>The reason and what to do; null if there is none.</returns>
    internal static string? Problem(string directory, string key)
    {
        if (KernelFileSystem.Of(directory) is { } type)
            return $"{Printable.Text(directory)} is in {type}, a file system of the kernel that holds no other files; set {key} to a path in another directory";
        return Libc.Stat(directory, out _) == -Errno.ENOENT && Libc.Statx(Libc.AT_FDCWD, FileLocation.WithNul(directory), out FileStatus status) == 0 && status.IsSymbolicLink
            ? $"{Printable.Text(directory)} is a symbolic link to a missing directory; mount or create that directory, or remove the link"
            : null;
    }
}
