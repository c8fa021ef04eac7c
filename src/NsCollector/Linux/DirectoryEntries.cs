using System.Buffers.Binary;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>Lists an open directory with getdents64(2). Allocates nothing.</summary>
/// <param name="directory">Its descriptor, which stays open.</param>
/// <param name="buffer">For the entries: the larger, the fewer system calls.</param>
internal struct DirectoryEntries(int directory, byte[] buffer)
{
    // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
    private const int LengthOffset = 16, TypeOffset = 18, NameOffset = 19;

    private int _filled;
    private int _at;
    private int _length;

    /// <summary>-errno if the directory could not be listed to its end, else 0.</summary>
    internal int Error { get; private set; }

    /// <summary>The entry's type, <see cref="Libc.DT_DIR"/> or another one.</summary>
    internal readonly byte Type => buffer[_at + TypeOffset];

    /// <summary>The entry's name with a NUL byte, valid until the next entry. Other files may be read meanwhile.</summary>
    internal readonly ReadOnlySpan<byte> NameWithNul
    {
        get
        {
            ReadOnlySpan<byte> name = buffer.AsSpan(_at + NameOffset, _length - NameOffset);
            return name[..(name.IndexOf((byte)0) + 1)];
        }
    }

    /// <summary>The entry's name, likewise.</summary>
    internal readonly ReadOnlySpan<byte> Name => NameWithNul is { IsEmpty: false } name ? name[..^1] : [];

    /// <summary>Whether the next call of <see cref="MoveNext"/> has to read more.</summary>
    internal readonly bool IsAtEnd => _at + _length >= _filled;

    /// <summary>Reads more entries, with one system call. The current entry becomes invalid.</summary>
    /// <returns>Bytes read, 0 at the end of the directory, or -errno.</returns>
    internal int Fill()
    {
        int filled = Libc.Getdents64(directory, buffer);
        (_at, _length, _filled) = (0, 0, Math.Max(filled, 0));
        Error = Math.Min(filled, 0);
        return filled;
    }

    /// <summary>Goes on to the next entry; <c>.</c> and <c>..</c> are among them.</summary>
    /// <returns>False at the end, and if there is an error.</returns>
    internal bool MoveNext()
    {
        _at += _length;
        if (_at >= _filled && Fill() <= 0) return false;

        _length = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(_at + LengthOffset));
        if (_length > NameOffset && _length <= _filled - _at) return true;
        (_at, _length, _filled) = (0, 0, 0);
        Error = -Errno.EIO;
        return false;
    }
}
