using System.Diagnostics.CodeAnalysis;
using System.Text;
using NsCollector.Deliver.Spool;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Inventory;

/// <summary>What is in a spool, also beside an agent that runs on it: a file that goes meanwhile is left out.</summary>
internal static class SpoolInventory
{
    // 9999-12-31: a file system holds later times than the framework does.
    private const long MaxSeconds = 253_402_300_799;

    /// <summary>Every file that is named as a spool file, set aside or not: by sink, then oldest first. Others are left alone.</summary>
    /// <param name="spool">The spool's directory; one that is missing or cannot be listed holds nothing.</param>
    internal static List<SpooledFile> Find(string spool)
    {
        List<SpooledFile> files = [];
        foreach (string directory in List(() => Directory.GetDirectories(spool)))
        {
            string sink = Path.GetFileName(directory);
            foreach (string path in List(() => Directory.GetFiles(directory)))
            {
                if (TryFind(sink, path, out SpooledFile? file)) files.Add(file);
            }
        }

        return [.. files.OrderBy(file => file.Sink, StringComparer.Ordinal).ThenBy(file => file.Name.Sequence).ThenBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>What the name of a file tells, also of one that was set aside.</summary>
    internal static bool TryParse(string fileName, out SpoolFileName name, out SpooledState state)
    {
        state = fileName.EndsWith(SpoolFileName.DamagedSuffix, StringComparison.Ordinal) ? SpooledState.Damaged
            : fileName.EndsWith(SpoolFileName.RefusedSuffix, StringComparison.Ordinal) ? SpooledState.Refused
            : SpooledState.Waiting;
        string bare = state switch
        {
            SpooledState.Damaged => fileName[..^SpoolFileName.DamagedSuffix.Length],
            SpooledState.Refused => fileName[..^SpoolFileName.RefusedSuffix.Length],
            _ => fileName,
        };
        return SpoolFileName.TryParse(bare, out name);
    }

    private static bool TryFind(string sink, string path, [NotNullWhen(true)] out SpooledFile? file)
    {
        file = null;
        if (!TryParse(Path.GetFileName(path), out SpoolFileName name, out SpooledState state)) return false;
        if (Libc.Statx(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), out FileStatus status) < 0 || !status.IsRegularFile) return false;
        file = new SpooledFile(sink, path, name, state, status.Size, DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(status.ModifiedSeconds, 0, MaxSeconds)));
        return true;
    }

    private static string[] List(Func<string[]> list)
    {
        try
        {
            return list();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
