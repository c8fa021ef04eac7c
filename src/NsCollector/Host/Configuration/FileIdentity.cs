using System.Globalization;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Configuration;

/// <summary>Detects that two paths (links, dots, mounts) lead to the same file.</summary>
internal static class FileIdentity
{
    /// <summary>A text that two paths share if and only if they lead to the same file, as far as the directories above it exist.</summary>
    internal static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        if (Libc.Stat(full, out FileStatus file) == 0) return string.Create(CultureInfo.InvariantCulture, $"{file.Device}:{file.Inode}");
        return Path.GetDirectoryName(full) is { } directory && Libc.Stat(directory, out FileStatus above) == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{above.Device}:{above.Inode}/{Path.GetFileName(full)}")
            : full;
    }
}
