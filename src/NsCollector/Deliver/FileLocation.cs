using System.Text;

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

    internal static byte[] WithNul(string path) => Encoding.UTF8.GetBytes(path + "\0");
}
