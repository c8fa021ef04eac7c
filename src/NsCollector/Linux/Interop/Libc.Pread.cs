using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>pread(2). kernfs renders a file again at offset 0; a short read is not the end of the file.</summary>
    /// <returns>The number of bytes read, 0 at the end, or -errno.</returns>
    internal static unsafe int Pread(int descriptor, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer) return (int)Result((long)LibC.syscall(SystemCallNumbers.Pread64, descriptor, start, buffer.Length, (void*)offset));
    }

    /// <summary>Reads a file from its beginning until the buffer is full or the file ends.</summary>
    /// <returns>The number of bytes read, or -errno.</returns>
    internal static int PreadFully(int descriptor, Span<byte> buffer)
    {
        int length = 0;
        while (length < buffer.Length)
        {
            int read = Pread(descriptor, buffer[length..], length);
            if (read == -Errno.EINTR) continue;
            if (read < 0) return read;
            if (read == 0) break;
            length += read;
        }

        return length;
    }
}
