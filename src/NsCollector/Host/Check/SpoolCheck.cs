using System.Globalization;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Spool;
using NsCollector.Host.Configuration;
using NsCollector.Host.Inventory;
using NsCollector.Linux.Interop;
using AccessModes = Mono.Unix.Native.AccessModes;

namespace NsCollector.Host.Check;

/// <summary>Whether the agent can write the spool, and what waits in it. Creates and changes nothing.</summary>
internal static class SpoolCheck
{
    /// <summary>No findings without a sink that posts to a server: only those use the spool.</summary>
    internal static IEnumerable<Finding> Findings(SpoolOptions spool, IReadOnlyCollection<HttpSinkOptions> sinks, DateTimeOffset now)
    {
        if (sinks.Count == 0) yield break;
        string name = $"spool: {Printable.Text(spool.Path)}";
        if (!spool.Enabled)
        {
            yield return Finding.Warn("spool: turned off by the configuration ([spool] enabled); lines that a server has not acknowledged are kept in memory and are lost when the agent stops");
            yield break;
        }

        string path = Path.GetFullPath(spool.Path);
        if (DirectoryCheck.Problem(path, "path") is { } problem)
        {
            yield return Finding.Fail($"{name}: {problem}");
            yield break;
        }

        int error = Libc.Stat(path, out FileStatus status);
        bool exists = error >= 0;
        if (exists && !status.IsDirectory)
        {
            yield return Finding.Fail($"{name}: not a directory");
            yield break;
        }

        if (!exists && error != -Errno.ENOENT)
        {
            yield return Finding.Fail($"{name}: cannot open it ({Errno.Name(-error)})");
            yield break;
        }

        // The agent creates the directory but not its parent: if a disk were not mounted, the root file system would fill up.
        string directory = exists ? path : Path.GetDirectoryName(path) ?? "/";
        int? access = Posix.Access(directory, AccessModes.R_OK | AccessModes.W_OK | AccessModes.X_OK);
        if (access < 0 || Libc.Stat(directory, out _) == -Errno.ENOENT)
        {
            yield return access is null or -Errno.ENOENT
                ? Finding.Fail($"{name}: its parent directory is missing; create it: install -d -m 0700 {Printable.Text(directory)}")
                : Finding.Fail($"{name}: this user cannot write to {Printable.Text(directory)} ({Errno.Name(-access.Value)}); lines that a server has not acknowledged are kept in memory and are lost when the agent stops");
            yield break;
        }

        yield return Space(name, directory, exists, access is not null, spool.MaxBytes);
        if (!exists) yield break;
        using SpoolLock spoolLock = new(path);
        if (spoolLock.IsHeld())
        {
            string process = spoolLock.HolderPid() is { } holder ? string.Create(CultureInfo.InvariantCulture, $" (process {holder})") : "";
            yield return Finding.Ok($"{name}: in use by a running agent{process}; a second agent cannot use it");
        }

        foreach (IGrouping<string, SpooledFile> files in SpoolInventory.Find(path).GroupBy(file => file.Sink).OrderBy(files => files.Key, StringComparer.Ordinal))
        {
            foreach (Finding finding in WaitingFiles(files.Key, [.. files], sinks, now)) yield return finding;
        }
    }

    private static Finding Space(string name, string directory, bool exists, bool isAccessKnown, long maxBytes)
    {
        FreeSpace free = FreeSpace.Read(name, directory, out Finding? problem);
        if (problem is not null) return problem;
        string state = !isAccessKnown ? "unknown whether this user can write there" : exists ? "writable" : "missing, the agent will create it";
        if (free.IsLow) return Finding.Warn($"{name}: {state}, but only {free}; on a full disk, unacknowledged lines are kept in memory up to memory_size, then the oldest are dropped");
        if (!isAccessKnown) return Finding.Warn($"{name}: {state}; {free}");
        return free.Bytes < (ulong)maxBytes
            ? Finding.Warn(string.Create(CultureInfo.InvariantCulture, $"{name}: {state}, {free}, less than the {maxBytes >> 20} MiB that one sink may use; the disk fills up before max_size applies"))
            : Finding.Ok($"{name}: {state}, {free}");
    }

    private static IEnumerable<Finding> WaitingFiles(string sink, SpooledFile[] files, IReadOnlyCollection<HttpSinkOptions> sinks, DateTimeOffset now)
    {
        string name = $"spool: {(sink.Contains(':', StringComparison.Ordinal) ? "" : "influx:")}{Printable.Text(sink)}";
        SpooledFile[] waiting = [.. files.Where(file => file.State == SpooledState.Waiting)];
        if (waiting.Length > 0)
        {
            TimeSpan age = now - waiting.Min(file => file.ModifiedUtc);
            string what = string.Create(CultureInfo.InvariantCulture,
                $"{waiting.Length} files ({waiting.Sum(file => (long)file.Name.Points)} points, {waiting.Sum(file => file.FileBytes)} bytes compressed) are waiting, the oldest for {SpoolTable.Age(age)}");
            yield return sinks.Any(configured => configured.SpoolDirectory.Equals(sink, StringComparison.OrdinalIgnoreCase))
                ? Finding.Ok($"{name}: {what}")
                : Finding.Warn($"{name}: {what}, but no sink with this name is configured, so they are never sent; delete them with nscollector spool drop --sink {Printable.Text(sink)}");
        }

        int damaged = files.Length - waiting.Length;
        if (damaged > 0) yield return Finding.Warn(string.Create(CultureInfo.InvariantCulture, $"{name}: {damaged} damaged or refused files are kept for examination; list them with nscollector spool list"));
    }
}
