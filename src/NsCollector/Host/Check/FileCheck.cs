using System.Globalization;
using System.Text;
using NsCollector.Deliver;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Interop;
using AccessModes = Mono.Unix.Native.AccessModes;

namespace NsCollector.Host.Check;

/// <summary>Whether the agent can open a file of lines for writing, by the rules of <see cref="LineFile"/>. Creates and changes nothing.</summary>
/// <param name="Problem">Why it cannot, and what to do; null if it can.</param>
internal sealed record FileCheck(string? Problem)
{
    // NAME_MAX of linux/limits.h.
    private const int MaxNameBytes = 255;

    /// <summary>The file's directory; its parent if the agent will create the directory.</summary>
    internal string Directory { get; private init; } = "/";

    /// <summary>The directory that the agent will create; null if it exists.</summary>
    internal string? Missing { get; private init; }

    /// <summary>Whether this user can write to the directory: 0, or -errno; null if that is unknown.</summary>
    internal int? DirectoryAccess { get; private init; }

    /// <summary>Checks a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="key">The key of the configuration that sets the path.</param>
    internal static FileCheck Of(string path, string key)
    {
        path = Path.GetFullPath(path);
        string directory = Path.GetDirectoryName(path) ?? "/";
        if (DirectoryCheck.Problem(directory, key) is { } problem) return new FileCheck(problem);
        int error = Libc.Stat(directory, out FileStatus directoryStatus);
        string? missing = null;
        if (error == -Errno.ENOENT && Path.GetDirectoryName(directory) is { } parent && Libc.Stat(parent, out directoryStatus) == 0)
        {
            // The agent creates the directory but not its parent: if a disk were not mounted, the root file system would fill up.
            missing = directory;
            directory = parent;
        }
        else if (error < 0)
        {
            return new FileCheck(error == -Errno.ENOENT
                ? $"its directory and the parent of that are missing; mount or create them: install -d -m 0750 {Printable.Text(directory)}"
                : $"cannot open the directory {Printable.Text(directory)} ({Errno.Name(-error)})");
        }

        if (!directoryStatus.IsDirectory) return new FileCheck($"{Printable.Text(directory)} is not a directory");
        if (Encoding.UTF8.GetByteCount(Path.GetFileName(path)) > MaxNameBytes)
            return new FileCheck(string.Create(CultureInfo.InvariantCulture, $"the file's name has more than {MaxNameBytes} bytes (ENAMETOOLONG); set {key} to a shorter name"));

        // Not following a link, as the agent does.
        bool exists = Libc.Statx(Libc.AT_FDCWD, FileLocation.WithNul(path), out FileStatus status) == 0;
        if (exists && !status.IsRegularFile) return new FileCheck(NotRegular(status, key));

        // The agent also reads the end of the file, to find an incomplete line.
        if (exists && Posix.Access(path, AccessModes.R_OK | AccessModes.W_OK) is < 0 and var refused)
            return new FileCheck($"this user cannot read and write it ({Errno.Name(-refused)})");
        int? access = Posix.Access(directory, AccessModes.W_OK | AccessModes.X_OK);
        return !exists && access < 0
            ? new FileCheck($"this user cannot create a file in {Printable.Text(directory)} ({Errno.Name(-access.Value)})")
            : new FileCheck((string?)null) { Directory = directory, Missing = missing, DirectoryAccess = access };
    }

    private static string NotRegular(in FileStatus status, string key) =>
        status.IsSymbolicLink ? $"this is a symbolic link, which the agent does not follow; set {key} to the file that the link names, or remove the link"
        : status.IsDirectory ? $"this is a directory; set {key} to a file"
        : key == "path" ? "this is not a regular file; set path to a regular file, or to - for standard output"
        : $"this is not a regular file; set {key} to a regular file";
}
