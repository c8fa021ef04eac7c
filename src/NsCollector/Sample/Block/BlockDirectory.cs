using System.Globalization;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Block;

/// <summary>
/// Reads what sysfs says of one block device at a time. Every failure means that the kernel does not say it. Allocates nothing; for
/// one thread.
/// </summary>
/// <param name="sys">Where sysfs is mounted.</param>
internal sealed class BlockDirectory(string sys)
{
    private const int MaxName = 255;

    // Leaves room for the name of a file.
    private const int MaxPath = 2048;

    private readonly byte[] _path = new byte[4096];
    private readonly byte[] _text = new byte[4097];
    private readonly byte[] _buffer = new byte[8192];
    private readonly BlockDevicePaths _paths = new(sys);
    private int _deviceLength;
    private int _directory = -1;
    private DirectoryEntries _entries;

    /// <summary>Which device the other members are about.</summary>
    /// <param name="number">The major number in the upper half, the minor number in the lower one.</param>
    internal void Select(ulong number)
    {
        _deviceLength = _paths.Write(number, _path.AsSpan(0, MaxPath));
        if (_deviceLength > 0) _path[_deviceLength++] = (byte)'/';
    }

    /// <summary>The content of a small file, without the line feed at its end.</summary>
    /// <param name="name">Below the device's directory.</param>
    /// <param name="text">Valid until the next call.</param>
    /// <returns>False if there is no such file, or it cannot be read.</returns>
    internal bool TryRead(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> text)
    {
        text = default;
        int descriptor = Open(name, Libc.O_RDONLY);
        if (descriptor < 0) return false;
        int read = Libc.Read(descriptor, _text);
        Libc.Close(descriptor);
        if (read < 0) return false;
        text = _text.AsSpan(0, read);
        if (!text.IsEmpty && text[^1] == KernelText.LineFeed) text = text[..^1];
        return true;
    }

    /// <summary>A file that holds one number.</summary>
    internal bool TryReadNumber(ReadOnlySpan<byte> name, out uint number)
    {
        number = 0;
        return TryRead(name, out ReadOnlySpan<byte> text) && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Whether there is a directory of this name.</summary>
    internal bool HasDirectory(ReadOnlySpan<byte> name)
    {
        int descriptor = Open(name, Libc.O_DIRECTORY);
        if (descriptor < 0) return false;
        Libc.Close(descriptor);
        return true;
    }

    /// <summary>The number of the disk behind an entry of a directory that links to devices: of a partition, its disk's.</summary>
    /// <param name="directory">Such as <c>slaves/</c>; empty for the selected device itself.</param>
    /// <param name="name">The entry; empty for the selected device itself.</param>
    /// <param name="number">The number, as in <see cref="Select"/>.</param>
    internal bool TryDiskNumber(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, out ulong number)
    {
        number = 0;
        Span<byte> path = stackalloc byte[MaxName + 64];
        if (directory.Length + name.Length > MaxName) return false;
        directory.CopyTo(path);
        name.CopyTo(path[directory.Length..]);
        int length = directory.Length + name.Length;
        if (length > 0) path[length++] = (byte)'/';

        // cgroups count by disk. The parent of a partition's directory is its disk's.
        "partition"u8.CopyTo(path[length..]);
        bool isPartition = TryRead(path[..(length + 9)], out _);
        ReadOnlySpan<byte> file = isPartition ? "../dev"u8 : "dev"u8;
        file.CopyTo(path[length..]);
        return TryRead(path[..(length + file.Length)], out ReadOnlySpan<byte> text) && BlockDevicePaths.TryParse(text, out number);
    }

    /// <summary>Begins to list a directory.</summary>
    /// <returns>False if there is none. Otherwise call <see cref="TryNext"/> until it returns false.</returns>
    internal bool BeginList(ReadOnlySpan<byte> name)
    {
        _directory = Open(name, Libc.O_DIRECTORY);
        _entries = new DirectoryEntries(_directory, _buffer);
        return _directory >= 0;
    }

    /// <summary>The next entry; false at the end.</summary>
    /// <param name="name">Valid until the next call. Other files may be read meanwhile.</param>
    internal bool TryNext(out ReadOnlySpan<byte> name)
    {
        while (_entries.MoveNext())
        {
            name = _entries.Name;
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)) return true;
        }

        Libc.Close(_directory);
        _directory = -1;
        name = default;
        return false;
    }

    private int Open(scoped ReadOnlySpan<byte> name, int flags)
    {
        if (_deviceLength == 0 || _deviceLength + name.Length >= _path.Length) return -Errno.ENAMETOOLONG;
        name.CopyTo(_path.AsSpan(_deviceLength));
        _path[_deviceLength + name.Length] = 0;
        return Libc.Openat(Libc.AT_FDCWD, _path.AsSpan(0, _deviceLength + name.Length + 1), flags);
    }
}
