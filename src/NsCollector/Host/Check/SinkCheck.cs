using System.Globalization;
using Mono.Unix.Native;
using NsCollector.Deliver.File;
using NsCollector.Host.Configuration;

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
        if (Syscall.stat(directory, out Stat directoryStatus) != 0)
        {
            yield return Finding.Fail($"{name}: the directory {Printable.Text(directory)} cannot be reached ({Stdlib.GetLastError()}); make it: install -d -m 0750 {Printable.Text(directory)}");
            yield break;
        }

        if (!Is(directoryStatus, FilePermissions.S_IFDIR))
        {
            yield return Finding.Fail($"{name}: {Printable.Text(directory)} is not a directory");
            yield break;
        }

        bool exists = Syscall.stat(path, out Stat status) == 0;
        if (exists && Is(status, FilePermissions.S_IFDIR))
        {
            yield return Finding.Fail($"{name}: it is a directory; a file is wanted");
            yield break;
        }

        // The file itself must be writable where it is, and the directory as well: rotation makes and renames files in it.
        if (exists && Syscall.access(path, AccessModes.W_OK) != 0)
        {
            yield return Finding.Fail($"{name}: this user may not write to it ({Stdlib.GetLastError()})");
            yield break;
        }

        if (Syscall.access(directory, AccessModes.W_OK | AccessModes.X_OK) != 0)
        {
            string reason = Stdlib.GetLastError().ToString();
            yield return exists
                ? Finding.Warn($"{name}: this user may write to it, but not to its directory ({reason}); lost is rotation")
                : Finding.Fail($"{name}: this user may not make a file in {Printable.Text(directory)} ({reason})");
            if (!exists) yield break;
        }

        foreach (Finding account in Accounts(name, sink)) yield return account;
        if (Syscall.statvfs(directory, out Statvfs space) != 0)
        {
            yield return Finding.Warn($"{name}: how much space is free is not known ({Stdlib.GetLastError()})");
            yield break;
        }

        ulong free = space.f_bavail * space.f_frsize;
        string freeText = string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MiB free");
        yield return free < LittleSpace
            ? Finding.Warn($"{name}: writable, but only {freeText}; on a full disk lines wait in memory up to queue_size, then the oldest are dropped")
            : Finding.Ok($"{name}: writable, {freeText}");
    }

    private static bool Is(Stat status, FilePermissions kind) => (status.st_mode & FilePermissions.S_IFMT) == kind;

    private static IEnumerable<Finding> Accounts(string name, FileSinkOptions sink)
    {
        if (sink.Owner is { } owner && !IsNumber(owner) && Syscall.getpwnam(owner) is null)
        {
            yield return Finding.Warn($"{name}: owner = {Printable.Text(owner)}: there is no such user; new files stay the agent's own");
        }

        if (sink.Group is { } group && !IsNumber(group) && Syscall.getgrnam(group) is null)
        {
            yield return Finding.Warn($"{name}: group = {Printable.Text(group)}: there is no such group; new files stay the agent's own");
        }
    }

    private static bool IsNumber(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
