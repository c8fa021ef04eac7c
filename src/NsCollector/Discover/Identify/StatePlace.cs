using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify;

/// <summary>The path of a container's state: <c>BEFORE NAME AFTER</c>, such as <c>/var/lib/docker/containers/ID/config.v2.json</c>.</summary>
/// <param name="before">The path up to the name, with its slash.</param>
/// <param name="after">What follows the name; empty if the name ends the path.</param>
internal sealed class StatePlace(string before, string after)
{
    // PATH_MAX of include/uapi/linux/limits.h, with the NUL.
    private const int MaxPathBytes = 4096;

    private readonly byte[] _before = Encoding.UTF8.GetBytes(before);
    private readonly byte[] _after = Encoding.UTF8.GetBytes(after + "\0");

    /// <summary>Whether a name is a single path element that leads nowhere else.</summary>
    internal static bool IsElement(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 255 && name is not ("." or "..") && name.IndexOfAny('/', '\0') < 0;

    /// <summary>Whether an id can be part of a path: hexadecimal digits and dashes, as runtimes assign them.</summary>
    internal static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > 128) return false;
        foreach (char c in id)
        {
            if (!char.IsAsciiHexDigit(c) && c != '-') return false;
        }

        return true;
    }

    /// <summary>The path for a name.</summary>
    internal string PathOf(string name) => before + name + after;

    /// <summary>False only if nothing of this name exists. One statx(2); allocates nothing.</summary>
    /// <param name="name">Without a slash; see <see cref="IsElement"/> and <see cref="IsId"/>.</param>
    internal bool MayExist(string name) => Look(name) is not (-Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENAMETOOLONG);

    /// <summary>statx(2) for a name, not following a link at the path's end; allocates nothing.</summary>
    /// <returns>0, or -errno.</returns>
    internal int Look(string name)
    {
        Span<byte> path = stackalloc byte[MaxPathBytes];
        int length = Encode(name, path);
        return length < 0 ? length : Libc.Statx(Libc.AT_FDCWD, path[..length], out _);
    }

    /// <summary>readlinkat(2) for a name; allocates nothing.</summary>
    /// <returns>The number of bytes of the target, or -errno.</returns>
    internal int ReadLink(ReadOnlySpan<char> name, Span<byte> target)
    {
        Span<byte> path = stackalloc byte[MaxPathBytes];
        int length = Encode(name, path);
        return length < 0 ? length : Libc.Readlinkat(Libc.AT_FDCWD, path[..length], target);
    }

    private int Encode(ReadOnlySpan<char> name, Span<byte> path)
    {
        if (_before.Length + _after.Length > path.Length) return -Errno.ENAMETOOLONG;
        _before.CopyTo(path);
        if (!Encoding.UTF8.TryGetBytes(name, path[_before.Length..^_after.Length], out int length)) return -Errno.ENAMETOOLONG;
        _after.CopyTo(path[(_before.Length + length)..]);
        return _before.Length + length + _after.Length;
    }
}
