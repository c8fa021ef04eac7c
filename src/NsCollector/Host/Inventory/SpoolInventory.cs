using System.Diagnostics.CodeAnalysis;
using System.Text;
using NsCollector.Deliver.Spool;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Inventory;

/// <summary>Lists the files of a spool. An agent may run on it: a file that is deleted meanwhile is left out.</summary>
internal static class SpoolInventory
{
    // 9999-12-31, the maximum of DateTimeOffset; a file system can hold later times.
    private const long MaxSeconds = 253_402_300_799;

    /// <summary>Every file with the name of a spool file, damaged and refused ones too: by sink, then oldest first.</summary>
    /// <param name="spool">The directory of the spool. One that is missing or cannot be listed counts as empty.</param>
    internal static List<SpooledFile> Find(string spool)
    {
        List<SpooledFile> files = [];
        foreach (string directory in List(() => Directory.GetDirectories(spool)))
        {
            string sink = Path.GetFileName(directory);
            foreach (string path in List(() => Directory.GetFiles(directory)))
            {
                if (TryRead(sink, path, out SpooledFile? file)) files.Add(file);
            }
        }

        return [.. files.OrderBy(file => file.Sink, StringComparer.Ordinal).ThenBy(file => file.Name.Sequence).ThenBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>Parses the name of a spool file, also of a damaged or refused one.</summary>
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

    private static bool TryRead(string sink, string path, [NotNullWhen(true)] out SpooledFile? file)
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
