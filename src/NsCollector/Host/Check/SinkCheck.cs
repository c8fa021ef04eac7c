using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Interop;
using AccessModes = Mono.Unix.Native.AccessModes;

namespace NsCollector.Host.Check;

/// <summary>Whether a file sink can write. Creates and changes nothing.</summary>
internal static class SinkCheck
{
    internal static IEnumerable<Finding> Findings(FileSinkOptions sink)
    {
        string name = $"file:{sink.Name}: {Printable.Text(sink.Path)}";
        if (sink.Path == "-")
        {
            yield return Finding.Ok(name + " (standard output)");
            yield break;
        }

        string path = Path.GetFullPath(sink.Path);
        string directory = Path.GetDirectoryName(path) ?? "/";
        int error = Libc.Stat(directory, out FileStatus directoryStatus);
        string isCreated = "";
        if (error == -Errno.ENOENT && Path.GetDirectoryName(directory) is { } parent && Libc.Stat(parent, out directoryStatus) == 0)
        {
            // The agent creates the directory but not its parent: if a disk were not mounted, the root file system would fill up.
            isCreated = $"{Printable.Text(directory)} is created at the start; ";
            directory = parent;
        }
        else if (error == -Errno.ENOENT)
        {
            yield return Finding.Fail($"{name}: its directory and the parent of that are missing; mount or create them: install -d -m 0750 {Printable.Text(directory)}");
            yield break;
        }
        else if (error < 0)
        {
            yield return Finding.Fail($"{name}: cannot open the directory {Printable.Text(directory)} ({Errno.Name(-error)})");
            yield break;
        }

        if (!directoryStatus.IsDirectory)
        {
            yield return Finding.Fail($"{name}: {Printable.Text(directory)} is not a directory");
            yield break;
        }

        // Not following a link, as the sink does.
        bool exists = Libc.Statx(Libc.AT_FDCWD, FileLocation.WithNul(path), out FileStatus status) == 0;
        if (exists && status.IsSymbolicLink)
        {
            yield return Finding.Fail($"{name}: this is a symbolic link, which the agent does not follow; set path to the file that the link names, or remove the link");
            yield break;
        }

        if (exists && status.IsDirectory)
        {
            yield return Finding.Fail($"{name}: this is a directory; set path to a file");
            yield break;
        }

        if (exists && !status.IsRegularFile)
        {
            yield return Finding.Fail($"{name}: this is not a regular file; set path to a regular file, or to - for standard output");
            yield break;
        }

        // The file must be writable, and its directory too: rotation creates and renames files there.
        if (exists && Posix.Access(path, AccessModes.W_OK) is < 0 and var refused)
        {
            yield return Finding.Fail($"{name}: this user cannot write to it ({Errno.Name(-refused)})");
            yield break;
        }

        int? access = Posix.Access(directory, AccessModes.W_OK | AccessModes.X_OK);
        if (access < 0)
        {
            string reason = Errno.Name(-access.Value);
            yield return exists
                ? Finding.Warn($"{name}: this user can write to it, but not to its directory ({reason}), so it cannot be rotated")
                : Finding.Fail($"{name}: this user cannot create a file in {Printable.Text(directory)} ({reason})");
            if (!exists) yield break;
        }

        foreach (Finding account in Accounts(name, sink)) yield return account;
        FreeSpace free = FreeSpace.Read(name, directory, out Finding? problem);
        if (problem is not null)
        {
            yield return problem;
            yield break;
        }

        string writable = isCreated + (access is null ? "unknown whether this user can write there" : "writable");
        if (free.IsLow) yield return Finding.Warn($"{name}: {writable}, but only {free}; on a full disk, lines wait in memory up to queue_size, then the oldest are dropped");
        else yield return access is null ? Finding.Warn($"{name}: {writable}; {free}") : Finding.Ok($"{name}: {writable}, {free}");
    }

    private static IEnumerable<Finding> Accounts(string name, FileSinkOptions sink)
    {
        if (sink.Owner is { } owner && Posix.FindUser(owner, out _) == AccountLookup.Unknown)
        {
            yield return Finding.Warn($"{name}: owner = {Printable.Text(owner)}: no such user; new files keep the agent's owner");
        }

        if (sink.Group is { } group && Posix.FindGroup(group, out _) == AccountLookup.Unknown)
        {
            yield return Finding.Warn($"{name}: group = {Printable.Text(group)}: no such group; new files keep the agent's group");
        }
    }
}
