using System.Globalization;
using Mono.Unix.Native;

namespace NsCollector.Host.Configuration;

/// <summary>Which file a path means, so that two spellings of one (links, dots, mounts) are seen to be the same.</summary>
internal static class FileIdentity
{
    /// <summary>A text that two paths share if and only if they lead to the same file, as far as the directories above it exist.</summary>
    internal static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        if (Syscall.stat(full, out Stat file) == 0) return string.Create(CultureInfo.InvariantCulture, $"{file.st_dev}:{file.st_ino}");
        return Path.GetDirectoryName(full) is { } directory && Syscall.stat(directory, out Stat above) == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{above.st_dev}:{above.st_ino}/{Path.GetFileName(full)}")
            : full;
    }
}
