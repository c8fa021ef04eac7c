using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>readlinkat(2). A target longer than the buffer is truncated without an error; no NUL byte is added.</summary>
    /// <param name="directory">A directory descriptor, or <see cref="AT_FDCWD"/>.</param>
    /// <param name="pathWithNul">The path's bytes, ending in a NUL byte (checked: without one, -EINVAL).</param>
    /// <param name="buffer">Receives the target.</param>
    /// <returns>The number of bytes of the target, or -errno.</returns>
    internal static unsafe int Readlinkat(int directory, ReadOnlySpan<byte> pathWithNul, Span<byte> buffer)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul)
        fixed (byte* start = buffer)
        {
            return (int)Result(LibC.readlinkat(directory, path, start, buffer.Length));
        }
    }
}
