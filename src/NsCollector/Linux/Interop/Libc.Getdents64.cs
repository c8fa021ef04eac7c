namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const byte DT_UNKNOWN = 0;
    internal const byte DT_DIR = 4;

    /// <summary>getdents64(2): as many whole struct linux_dirent64 as fit (fs/readdir.c).</summary>
    /// <returns>Bytes filled, 0 at the end of the directory, or -errno.</returns>
    internal static unsafe int Getdents64(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return (int)Result(LibcImports.getdents64(descriptor, start, buffer.Length));
    }
}
