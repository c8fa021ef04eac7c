using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify.Daemons;

/// <summary>
/// Reads a daemon's configuration file. Symbolic links are followed: distributions and snaps use them, and only root can
/// create them there.
/// </summary>
internal static class ConfigurationFile
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The file's bytes.</summary>
    /// <returns>Null if there is none, it is no regular file, is larger than 1 MiB or cannot be read; the reason is the error.</returns>
    internal static byte[]? Read(string path, out int error)
    {
        // O_NONBLOCK: the open of a FIFO does not wait for its writer.
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), Libc.O_RDONLY | Libc.O_NONBLOCK);
        error = descriptor;
        if (descriptor < 0) return null;
        try
        {
            error = Libc.Statx(descriptor, [0], out FileStatus status);
            if (error < 0) return null;
            if (!status.IsRegularFile || status.Size > MaxBytes)
            {
                error = status.IsRegularFile ? -Errno.EFBIG : -Errno.EINVAL;
                return null;
            }

            byte[] bytes = new byte[(int)status.Size];
            int length = Libc.PreadFully(descriptor, bytes);
            error = Math.Min(length, 0);
            return length < 0 ? null : bytes[..length];
        }
        finally
        {
            Libc.Close(descriptor);
        }
    }
}
