using System.Globalization;
using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>
/// Where sysfs has the directory of a block device: SYS/dev/block/MAJOR:MINOR. Podman hides that directory from its containers by
/// an empty one (the default masked paths of its specgen); then SYS/class/block/NAME. For one thread.
/// </summary>
internal sealed class BlockDevicePaths
{
    private readonly byte[] _numbers;
    private readonly byte[] _names;
    private readonly string _namesDirectory;
    private readonly Dictionary<ulong, byte[]>? _nameOf;

    /// <param name="sys">Where sysfs is mounted.</param>
    internal BlockDevicePaths(string sys)
    {
        _namesDirectory = sys + "/class/block";
        _numbers = Encoding.UTF8.GetBytes(sys + "/dev/block/");
        _names = Encoding.UTF8.GetBytes(_namesDirectory + "/");
        if (Entries(sys + "/dev/block").Length == 0) _nameOf = [];
    }

    /// <summary>Writes the path of a device.</summary>
    /// <param name="number">The major number in the upper half, the minor number in the lower one.</param>
    /// <param name="path">Receives it, without a NUL byte.</param>
    /// <returns>Its length; 0 if there is no room for it.</returns>
    internal int Write(ulong number, Span<byte> path)
    {
        if (NameOf(number, path) is { } name) return Join(_names, name, path);
        Span<byte> text = stackalloc byte[32];
        ((uint)(number >> 32)).TryFormat(text, out int length, provider: CultureInfo.InvariantCulture);
        text[length++] = (byte)':';
        ((uint)number).TryFormat(text[length..], out int minorLength, provider: CultureInfo.InvariantCulture);
        return Join(_numbers, text[..(length + minorLength)], path);
    }

    /// <summary>Parses <c>MAJOR:MINOR</c>.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out ulong number)
    {
        number = 0;
        int colon = text.IndexOf((byte)':');
        if (colon < 0
            || !uint.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out uint major)
            || !uint.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint minor))
        {
            return false;
        }

        number = ((ulong)major << 32) | minor;
        return true;
    }

    private byte[]? NameOf(ulong number, Span<byte> path)
    {
        if (_nameOf is null) return null;

        // A number may be reused for another device (hot plug).
        if (_nameOf.TryGetValue(number, out byte[]? name) && NumberOf(name, path) == number) return name;
        _nameOf.Clear();
        foreach (string entry in Entries(_namesDirectory))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Path.GetFileName(entry));
            if (NumberOf(bytes, path) is { } found) _nameOf[found] = bytes;
        }

        return _nameOf.GetValueOrDefault(number);
    }

    private ulong? NumberOf(ReadOnlySpan<byte> name, Span<byte> path)
    {
        int length = Join(_names, name, path);
        ReadOnlySpan<byte> file = "/dev\0"u8;
        if (length == 0 || !file.TryCopyTo(path[length..])) return null;
        int descriptor = Libc.Openat(Libc.AT_FDCWD, path[..(length + file.Length)], Libc.O_RDONLY);
        if (descriptor < 0) return null;
        Span<byte> text = stackalloc byte[32];
        int read = Libc.Read(descriptor, text);
        Libc.Close(descriptor);
        return read > 0 && TryParse(text[..read].TrimEnd((byte)'\n'), out ulong number) ? number : null;
    }

    private static int Join(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, Span<byte> path) =>
        directory.TryCopyTo(path) && name.TryCopyTo(path[directory.Length..]) ? directory.Length + name.Length : 0;

    private static string[] Entries(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
