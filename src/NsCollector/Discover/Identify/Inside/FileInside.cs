using System.Globalization;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify.Inside;

/// <summary>Reads files below a container's root. Their owner is hostile: any path may lead to anything, and any call may hang.</summary>
internal static class FileInside
{
    /// <summary>Reads a whole file. Only a regular file is opened: the open of a device can have effects.</summary>
    /// <param name="root">A descriptor of the container's root.</param>
    /// <param name="path">An absolute path below it. Links are followed as in the container.</param>
    /// <param name="maxBytes">The maximum size.</param>
    /// <param name="known">The version that was read before; null if there is none.</param>
    /// <param name="version">The version of the file; null if there is none.</param>
    /// <param name="bytes">Its bytes; empty unless it was read, and if it is the known version.</param>
    internal static StateFileOutcome Read(int root, string path, int maxBytes, StateFileStamp? known, out StateFileStamp? version, out byte[] bytes)
    {
        bytes = [];
        version = null;
        int place = RootedPath.Open(root, Encoding.UTF8.GetBytes(path + "\0"));
        if (place is -Errno.ENOENT or -Errno.ENOTDIR) return StateFileOutcome.Missing;
        if (place < 0)
        {
            version = StateFileStamp.Refused(path, place);
            return StateFileOutcome.Unreadable;
        }

        try
        {
            int result = Libc.Statx(place, [0], out FileStatus status);
            version = result < 0 ? StateFileStamp.Refused(path, result) : StateFileStamp.Of(path, status);
            if (result < 0) return StateFileOutcome.Unreadable;
            if (!status.IsRegularFile) return StateFileOutcome.NotRegular;
            if (status.Size > maxBytes) return StateFileOutcome.TooLarge;

            // Files of procfs and its like have no size. Nothing of them is read.
            if (status.Size == 0 || version == known) return StateFileOutcome.Read;
            return ReadPlace(place, (int)status.Size, out bytes) ? StateFileOutcome.Read : StateFileOutcome.Unreadable;
        }
        finally
        {
            Libc.Close(place);
        }
    }

    // By the descriptor, so that it is the file that was examined.
    private static bool ReadPlace(int place, int size, out byte[] bytes)
    {
        bytes = [];
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{place}\0")), Libc.O_RDONLY | Libc.O_NONBLOCK);
        if (descriptor < 0) return false;
        byte[] buffer = new byte[size];
        int length = Libc.PreadFully(descriptor, buffer);
        Libc.Close(descriptor);
        if (length < 0) return false;
        bytes = length == size ? buffer : buffer[..length];
        return true;
    }
}
