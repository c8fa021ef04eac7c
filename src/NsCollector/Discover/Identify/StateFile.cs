using System.Buffers;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify;

/// <summary>
/// The bytes of one version of a state file, in a rented buffer that <see cref="Dispose"/> returns.
/// </summary>
/// <remarks>
/// Only regular files are opened, and no symbolic link at the end of the path: no runtime uses one for its state file, but a
/// user of a rootless runtime could create one. Links earlier in the path are followed: /var/lib/docker is one on many hosts.
/// </remarks>
internal struct StateFile : IDisposable
{
    private byte[]? _buffer;
    private int _length;

    internal StateFileOutcome Outcome { get; private set; }

    /// <summary>The version that was tried; null if there is no file, or another try may succeed (no descriptors left).</summary>
    internal StateFileStamp? Stamp { get; private set; }

    /// <summary>-errno if the outcome is <see cref="StateFileOutcome.Unreadable"/>.</summary>
    internal int Error { get; private set; }

    internal readonly ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    internal static StateFile Read(string path, int maxBytes)
    {
        // Checked before it is opened: opening a device can have effects.
        int result = StateFileStamp.Statx(path, out FileStatus status);
        if (result < 0) return IsMissing(result) ? new StateFile { Outcome = StateFileOutcome.Missing } : Failed(path, result, StateFileStamp.Refused(path, result));
        if (status.IsSymbolicLink) return new StateFile { Outcome = StateFileOutcome.SymbolicLink, Stamp = StateFileStamp.Of(path, status) };
        if (!status.IsRegularFile) return new StateFile { Outcome = StateFileOutcome.NotRegular, Stamp = StateFileStamp.Of(path, status) };

        int descriptor = StateFileStamp.Open(path);
        if (descriptor < 0) return Failed(path, descriptor, StateFileStamp.Of(path, status));
        try
        {
            // Runtimes replace their files. If something writes into one, it is read again.
            StateFile file = ReadOpen(path, descriptor, maxBytes);
            for (int attempt = 1; attempt < 3 && file.Error == -Errno.EAGAIN; attempt++) file = ReadOpen(path, descriptor, maxBytes);
            return file;
        }
        finally
        {
            Libc.Close(descriptor);
        }
    }

    public void Dispose()
    {
        if (_buffer is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
        _length = 0;
    }

    private static StateFile ReadOpen(string path, int descriptor, int maxBytes)
    {
        int result = Libc.Statx(descriptor, [0], out FileStatus status);
        if (result < 0) return Failed(path, result, null);

        // The stamp is taken before the first byte, so that a write during the read counts as another version.
        StateFileStamp stamp = StateFileStamp.Of(path, status);
        if (!status.IsRegularFile) return new StateFile { Outcome = StateFileOutcome.NotRegular, Stamp = stamp };
        if (status.Size > maxBytes) return new StateFile { Outcome = StateFileOutcome.TooLarge, Stamp = stamp };

        int size = (int)status.Size;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));
        int length = Libc.PreadFully(descriptor, buffer.AsSpan(0, size));
        if (length < 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return Failed(path, length, stamp);
        }

        // A mixture of two versions could be parsed, and be wrong.
        if (Libc.Statx(descriptor, [0], out FileStatus after) < 0 || stamp.IsOf(after))
            return new StateFile { Outcome = StateFileOutcome.Read, Stamp = stamp, _buffer = buffer, _length = length };
        ArrayPool<byte>.Shared.Return(buffer);
        return Failed(path, -Errno.EAGAIN, null);
    }

    private static bool IsMissing(int error) => error is -Errno.ENOENT or -Errno.ENOTDIR;

    private static StateFile Failed(string path, int error, StateFileStamp? stamp)
    {
        if (IsMissing(error)) return new StateFile { Outcome = StateFileOutcome.Missing };

        // With O_NOFOLLOW: a symbolic link has replaced the file since it was examined. Another try sees the link.
        if (error == -Errno.ELOOP && stamp is not null && StateFileStamp.Statx(path, out FileStatus now) == 0 && now.IsSymbolicLink)
            return new StateFile { Outcome = StateFileOutcome.SymbolicLink, Stamp = StateFileStamp.Of(path, now) };
        bool isLasting = error is -Errno.EACCES or -Errno.EPERM or -Errno.ELOOP or -Errno.ENAMETOOLONG;
        return new StateFile { Outcome = StateFileOutcome.Unreadable, Error = error, Stamp = isLasting ? stamp : null };
    }
}
