using System.Globalization;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Check;

/// <summary>The free space of a directory, for a finding.</summary>
/// <param name="Bytes">What this user may still write.</param>
internal readonly record struct FreeSpace(ulong Bytes)
{
    private const ulong MinBytes = 64UL << 20;

    /// <summary>Whether a finding must warn.</summary>
    internal bool IsLow => Bytes < MinBytes;

    /// <summary>Reads it.</summary>
    /// <param name="name">What the finding begins with.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="problem">The finding if it cannot be read; else null.</param>
    internal static FreeSpace Read(string name, string directory, out Finding? problem)
    {
        int error = Libc.Statvfs(directory, out ulong free);
        problem = error < 0 ? Finding.Warn($"{name}: unknown free space ({Errno.Name(-error)})") : null;
        return new FreeSpace(free);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Bytes >> 20} MiB free");
}
