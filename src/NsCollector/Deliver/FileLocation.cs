using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver;

/// <summary>The path of a file, also split and encoded for system calls.</summary>
internal sealed class FileLocation
{
    internal FileLocation(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory = System.IO.Path.GetDirectoryName(Path) ?? "/";
        FileName = System.IO.Path.GetFileName(Path);
        PathWithNul = WithNul(Path);
        DirectoryWithNul = WithNul(Directory);
    }

    internal string Path { get; }

    internal string Directory { get; }

    internal string FileName { get; }

    internal byte[] PathWithNul { get; }

    internal byte[] DirectoryWithNul { get; }

    /// <summary>The path of another file in the same directory.</summary>
    internal string Beside(string fileName) => System.IO.Path.Join(Directory, fileName);

    /// <summary>
    /// Creates the directory. Its parent must exist, so that nothing is written below the mount point of an unmounted disk. In a
    /// file system of the kernel it creates none: there, mkdir(2) makes a cgroup.
    /// </summary>
    /// <returns>0, or -errno.</returns>
    internal int MakeDirectory() =>
        KernelFileSystem.Of(Directory) is null ? Libc.Mkdirat(Libc.AT_FDCWD, DirectoryWithNul, 0b111_101_000)
        : System.IO.Directory.Exists(Directory) ? -Errno.EEXIST
        : -Errno.EPERM;

    internal static byte[] WithNul(string path) => Encoding.UTF8.GetBytes(path + "\0");
}
