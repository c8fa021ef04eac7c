using System.Globalization;
using NsCollector.Deliver.File;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Interop;
using AccessModes = Mono.Unix.Native.AccessModes;

namespace NsCollector.Host.Check;

/// <summary>Whether a file sink could write. Nothing is made or changed by asking.</summary>
internal static class SinkCheck
{
    private const long LittleSpace = 64L << 20;

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
        if (error < 0)
        {
            yield return Finding.Fail($"{name}: the directory {Printable.Text(directory)} cannot be reached ({Errno.Name(-error)}); make it: install -d -m 0750 {Printable.Text(directory)}");
            yield break;
        }

        if (!directoryStatus.IsDirectory)
        {
            yield return Finding.Fail($"{name}: {Printable.Text(directory)} is not a directory");
            yield break;
        }

        bool exists = Libc.Stat(path, out FileStatus status) == 0;
        if (exists && status.IsDirectory)
        {
            yield return Finding.Fail($"{name}: it is a directory; a file is wanted");
            yield break;
        }

        // The file itself must be writable where it is, and the directory as well: rotation makes and renames files in it.
        if (exists && Posix.Access(path, AccessModes.W_OK) is < 0 and var refused)
        {
            yield return Finding.Fail($"{name}: this user may not write to it ({Errno.Name(-refused)})");
            yield break;
        }

        int? access = Posix.Access(directory, AccessModes.W_OK | AccessModes.X_OK);
        if (access < 0)
        {
            string reason = Errno.Name(-access.Value);
            yield return exists
                ? Finding.Warn($"{name}: this user may write to it, but not to its directory ({reason}); lost is rotation")
                : Finding.Fail($"{name}: this user may not make a file in {Printable.Text(directory)} ({reason})");
            if (!exists) yield break;
        }

        foreach (Finding account in Accounts(name, sink)) yield return account;
        error = Libc.Statvfs(directory, out ulong free);
        if (error < 0)
        {
            yield return Finding.Warn($"{name}: how much space is free is not known ({Errno.Name(-error)})");
            yield break;
        }

        string freeText = string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MiB free");
        string writable = access is null ? "whether this user may write there is not known" : "writable";
        if (free < LittleSpace) yield return Finding.Warn($"{name}: {writable}, but only {freeText}; on a full disk lines wait in memory up to queue_size, then the oldest are dropped");
        else yield return access is null ? Finding.Warn($"{name}: {writable}; {freeText}") : Finding.Ok($"{name}: {writable}, {freeText}");
    }

    private static IEnumerable<Finding> Accounts(string name, FileSinkOptions sink)
    {
        if (sink.Owner is { } owner && !IsNumber(owner) && Posix.FindUser(owner, out _) == AccountLookup.Unknown)
        {
            yield return Finding.Warn($"{name}: owner = {Printable.Text(owner)}: there is no such user; new files stay the agent's own");
        }

        if (sink.Group is { } group && !IsNumber(group) && Posix.FindGroup(group, out _) == AccountLookup.Unknown)
        {
            yield return Finding.Warn($"{name}: group = {Printable.Text(group)}: there is no such group; new files stay the agent's own");
        }
    }

    private static bool IsNumber(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
