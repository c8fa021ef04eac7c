using NsCollector.Deliver.File;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Interop;

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

        var file = FileCheck.Of(sink.Path, "path");
        if (file.Problem is not null)
        {
            yield return Finding.Fail($"{name}: {file.Problem}");
            yield break;
        }

        // Rotation creates and renames files in the directory.
        if (file.DirectoryAccess is < 0 and var refused) yield return Finding.Warn($"{name}: this user can write to it, but not to its directory ({Errno.Name(-refused)}), so it cannot be rotated");
        foreach (Finding account in Accounts(name, sink)) yield return account;
        FreeSpace free = FreeSpace.Read(name, file.Directory, out Finding? problem);
        if (problem is not null)
        {
            yield return problem;
            yield break;
        }

        string writable = (file.Missing is { } missing ? $"{Printable.Text(missing)} is created at the start; " : "")
            + (file.DirectoryAccess is null ? "unknown whether this user can write there" : "writable");
        if (free.IsLow) yield return Finding.Warn($"{name}: {writable}, but only {free}; on a full disk, lines wait in memory up to queue_size, then the oldest are dropped");
        else yield return file.DirectoryAccess is null ? Finding.Warn($"{name}: {writable}; {free}") : Finding.Ok($"{name}: {writable}, {free}");
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
