using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Peaks;

/// <summary>
/// memory.peak of cgroup v2. From Linux 6.12 on, a write through a descriptor resets the peak that this descriptor reads, and
/// no other (memory_peak_write in mm/memcontrol.c). Whether that is possible is found by trying.
/// </summary>
internal static class MemoryPeakFile
{
    /// <summary>Its name and a NUL byte.</summary>
    internal static ReadOnlySpan<byte> NameWithNul => "memory.peak\0"u8;

    /// <summary>Opens the file and resets the peak of the new descriptor.</summary>
    /// <param name="directory">A directory descriptor, or <see cref="Libc.AT_FDCWD"/>.</param>
    /// <param name="pathWithNul">The path.</param>
    /// <returns>
    /// A descriptor, or -errno: EROFS if the mount is read-only, EACCES without the right to write or on kernels that cannot
    /// reset the peak, ENOENT before Linux 5.19.
    /// </returns>
    internal static int OpenAndReset(int directory, ReadOnlySpan<byte> pathWithNul)
    {
        int descriptor = Libc.Openat(directory, pathWithNul, Libc.O_RDWR);
        if (descriptor < 0) return descriptor;
        int result = Reset(descriptor);
        if (result == 0) return descriptor;
        Libc.Close(descriptor);
        return result;
    }

    /// <summary>Resets the peak: from now on the descriptor reads the highest usage since this call.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Reset(int descriptor)
    {
        int written;

        // The kernel takes any text.
        do written = Libc.Write(descriptor, "0\n"u8);
        while (written == -Errno.EINTR);
        return Math.Min(written, 0);
    }
}
