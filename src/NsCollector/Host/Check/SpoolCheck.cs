using System.Globalization;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;
using NsCollector.Host.Configuration;
using NsCollector.Host.Inventory;
using NsCollector.Linux.Interop;
using AccessModes = Mono.Unix.Native.AccessModes;

namespace NsCollector.Host.Check;

/// <summary>Whether the spool could be written, and what waits in it. Nothing is made or changed by asking.</summary>
internal static class SpoolCheck
{
    private const long LittleSpace = 64L << 20;

    /// <summary>Nothing where there is no InfluxDB sink: only those have a spool.</summary>
    internal static IEnumerable<Finding> Findings(SpoolOptions spool, IReadOnlyCollection<InfluxSinkOptions> sinks, DateTimeOffset now)
    {
        if (sinks.Count == 0) yield break;
        string name = $"spool: {Printable.Text(spool.Path)}";
        if (!spool.Enabled)
        {
            yield return Finding.Warn("spool: off by configuration ([spool] enabled): what a server has not taken yet waits in memory, and is lost when the agent ends");
            yield break;
        }

        string path = Path.GetFullPath(spool.Path);
        int error = Libc.Stat(path, out FileStatus status);
        bool exists = error >= 0;
        if (exists && !status.IsDirectory)
        {
            yield return Finding.Fail($"{name}: it is not a directory");
            yield break;
        }

        if (!exists && error != -Errno.ENOENT)
        {
            yield return Finding.Fail($"{name}: it cannot be reached ({Errno.Name(-error)})");
            yield break;
        }

        // The agent makes the directory itself, but not the one above: where a disk is not mounted, the root file system would fill up.
        string written = exists ? path : Path.GetDirectoryName(path) ?? "/";
        int? access = Posix.Access(written, AccessModes.R_OK | AccessModes.W_OK | AccessModes.X_OK);
        if (access < 0 || Libc.Stat(written, out _) == -Errno.ENOENT)
        {
            yield return access is null or -Errno.ENOENT
                ? Finding.Fail($"{name}: the directory above it is missing; make it: install -d -m 0700 {Printable.Text(written)}")
                : Finding.Fail($"{name}: this user may not write to {Printable.Text(written)} ({Errno.Name(-access.Value)}); without it what a server has not taken waits in memory, and is lost when the agent ends");
            yield break;
        }

        yield return Space(name, written, exists, access is not null, spool.MaxBytes);
        if (!exists) yield break;
        using SpoolLock spoolLock = new(path);
        if (spoolLock.IsHeld())
        {
            string process = spoolLock.Holder() is { } holder ? string.Create(CultureInfo.InvariantCulture, $" (process {holder})") : "";
            yield return Finding.Ok($"{name}: an agent is running on it{process}; a second one would not get it");
        }

        foreach (IGrouping<string, SpooledFile> files in SpoolInventory.Find(path).GroupBy(file => file.Sink).OrderBy(files => files.Key, StringComparer.Ordinal))
        {
            foreach (Finding finding in Waiting(files.Key, [.. files], sinks, now)) yield return finding;
        }
    }

    private static Finding Space(string name, string directory, bool exists, bool isAccessKnown, long maxBytes)
    {
        int error = Libc.Statvfs(directory, out ulong free);
        if (error < 0) return Finding.Warn($"{name}: how much space is free is not known ({Errno.Name(-error)})");
        string made = !isAccessKnown ? "whether this user may write there is not known" : exists ? "writable" : "it is not there yet, and will be made";
        string freeText = string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MiB free");
        if (free < LittleSpace) return Finding.Warn($"{name}: {made}, but only {freeText}; on a full disk what a server has not taken waits in memory up to memory_size, then the oldest is dropped");
        if (!isAccessKnown) return Finding.Warn($"{name}: {made}; {freeText}");
        return free < (ulong)maxBytes
            ? Finding.Warn(string.Create(CultureInfo.InvariantCulture, $"{name}: {made}, {freeText}, which is less than the {maxBytes >> 20} MiB that one sink may use: the disk would be full before max_size is reached"))
            : Finding.Ok($"{name}: {made}, {freeText}");
    }

    private static IEnumerable<Finding> Waiting(string sink, SpooledFile[] files, IReadOnlyCollection<InfluxSinkOptions> sinks, DateTimeOffset now)
    {
        string name = $"spool: influx:{Printable.Text(sink)}";
        SpooledFile[] waiting = [.. files.Where(file => file.State == SpooledState.Waiting)];
        if (waiting.Length > 0)
        {
            TimeSpan age = now - waiting.Min(file => file.ModifiedUtc);
            string what = string.Create(CultureInfo.InvariantCulture,
                $"{waiting.Length} files ({waiting.Sum(file => (long)file.Name.Points)} points, {waiting.Sum(file => file.FileBytes)} bytes compressed) wait, the oldest for {SpoolTable.Age(age)}");
            yield return sinks.Any(configured => configured.Name.Equals(sink, StringComparison.OrdinalIgnoreCase))
                ? Finding.Ok($"{name}: {what}")
                : Finding.Warn($"{name}: {what}, but no sink of this name is configured: nobody sends them; nscollector spool drop --sink removes them");
        }

        int aside = files.Length - waiting.Length;
        if (aside > 0) yield return Finding.Warn(string.Create(CultureInfo.InvariantCulture, $"{name}: {aside} damaged or refused files were set aside; nscollector spool list names them"));
    }
}
