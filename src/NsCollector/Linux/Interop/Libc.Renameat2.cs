namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int RENAME_NOREPLACE = 1;

    /// <summary>renameat2(2); some file systems (NFS) support no flags and return -EINVAL.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Renameat2(int oldDirectory, ReadOnlySpan<byte> oldPathWithNul, int newDirectory, ReadOnlySpan<byte> newPathWithNul, int flags)
    {
        if (oldPathWithNul.IsEmpty || oldPathWithNul[^1] != 0) return -Errno.EINVAL;
        if (newPathWithNul.IsEmpty || newPathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* oldPath = oldPathWithNul, newPath = newPathWithNul)
            return Result(LibcImports.renameat2(oldDirectory, oldPath, newDirectory, newPath, (uint)flags));
    }
}
