using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>
/// Opens paths as a process sees them whose root is another directory: absolute links and <c>..</c> lead nowhere else, whatever
/// the owner of the files does meanwhile.
/// </summary>
internal static class RootedPath
{
    // PATH_MAX of include/uapi/linux/limits.h, with the NUL.
    private const int MaxPathBytes = 4096;

    // MAXSYMLINKS of include/linux/namei.h.
    private const int MaxLinks = 40;

    private const int MaxDepth = 64;
    private static volatile bool _isRefused;

    /// <summary>Opens a path with O_PATH, which has no effect on the file and never waits for the other end of a FIFO.</summary>
    /// <param name="root">A descriptor of the directory that is the root.</param>
    /// <param name="pathWithNul">The path's bytes, ending in a NUL byte.</param>
    /// <returns>A descriptor, or -errno.</returns>
    internal static int Open(int root, ReadOnlySpan<byte> pathWithNul)
    {
        if (!_isRefused)
        {
            int descriptor = Libc.Openat2(root, pathWithNul, Libc.O_PATH, Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS);

            // EAGAIN: something was renamed during the look-up of "..". It is looked up by hand then, once.
            if (descriptor is not (-Errno.ENOSYS or -Errno.EPERM or -Errno.EAGAIN)) return descriptor;

            // systemd answers ENOSYS because of RestrictSUIDSGID=, and older container engines EPERM.
            _isRefused = descriptor == -Errno.ENOSYS;
        }

        return OpenByHand(root, pathWithNul);
    }

    /// <summary>
    /// The same without openat2(2): each directory is opened from the one before, without following links, and links are
    /// resolved here. <c>..</c> returns to a directory that was passed, so it never leads out of the root.
    /// </summary>
    internal static int OpenByHand(int root, ReadOnlySpan<byte> pathWithNul)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        if (pathWithNul.Length > MaxPathBytes) return -Errno.ENAMETOOLONG;
        byte[] rest = pathWithNul[..^1].ToArray();
        var passed = new Stack<int>();
        Span<byte> target = stackalloc byte[MaxPathBytes];
        try
        {
            int links = 0;
            while (!rest.AsSpan().TrimStart((byte)'/').IsEmpty)
            {
                ReadOnlySpan<byte> path = rest.AsSpan().TrimStart((byte)'/');
                int slash = path.IndexOf((byte)'/');
                ReadOnlySpan<byte> name = slash < 0 ? path : path[..slash];
                byte[] after = slash < 0 ? [] : path[slash..].ToArray();
                if (name.SequenceEqual(".."u8))
                {
                    if (passed.TryPop(out int left)) Libc.Close(left);
                }
                else if (!name.SequenceEqual("."u8))
                {
                    if (passed.Count >= MaxDepth) return -Errno.ENAMETOOLONG;
                    int next = Libc.Openat(passed.TryPeek(out int directory) ? directory : root, [.. name, 0], Libc.O_PATH | Libc.O_NOFOLLOW);
                    if (next < 0) return next;
                    passed.Push(next);
                    int error = Libc.Statx(next, [0], out FileStatus status);
                    if (error < 0) return error;
                    if (status.IsSymbolicLink)
                    {
                        int length = Libc.Readlinkat(next, [0], target);
                        Libc.Close(passed.Pop());
                        if (length < 0) return length;
                        if (length == 0) return -Errno.ENOENT;
                        if (++links > MaxLinks) return -Errno.ELOOP;
                        if (length + after.Length >= MaxPathBytes) return -Errno.ENAMETOOLONG;
                        if (target[0] == (byte)'/') CloseAll(passed);
                        after = [.. target[..length], .. after];
                    }
                }

                rest = after;
            }

            return passed.TryPop(out int found) ? found : Libc.Openat(root, ".\0"u8, Libc.O_PATH);
        }
        finally
        {
            CloseAll(passed);
        }
    }

    /// <summary>Opens the directory at a path with O_PATH. Fails with ENOTDIR if an element is a symbolic link.</summary>
    /// <param name="root">A descriptor of the directory that is the root.</param>
    /// <param name="path">The path's bytes, without a NUL byte.</param>
    /// <returns>A descriptor, or -errno.</returns>
    internal static int OpenWithoutLinks(int root, ReadOnlySpan<byte> path)
    {
        Span<byte> name = stackalloc byte[256];
        int directory = Libc.Openat(root, ".\0"u8, Libc.O_PATH | Libc.O_DIRECTORY);
        while (directory >= 0)
        {
            path = path.TrimStart((byte)'/');
            if (path.IsEmpty) break;
            int slash = path.IndexOf((byte)'/');
            int length = slash < 0 ? path.Length : slash;
            ReadOnlySpan<byte> element = path[..length];
            path = path[length..];
            int next = length >= name.Length ? -Errno.ENAMETOOLONG : -Errno.EINVAL;
            if (length < name.Length && !element.SequenceEqual(".."u8))
            {
                element.CopyTo(name);
                name[length] = 0;
                next = Libc.Openat(directory, name[..(length + 1)], Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            }

            Libc.Close(directory);
            directory = next;
        }

        return directory;
    }

    private static void CloseAll(Stack<int> descriptors)
    {
        while (descriptors.TryPop(out int descriptor)) Libc.Close(descriptor);
    }
}
