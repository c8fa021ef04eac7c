namespace NsCollector.LinuxTests.Sample.Filesystem;

/// <summary>A file system of its own on a loop device.</summary>
internal sealed class ImageFilesystem : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <param name="megabytes">The size of the device.</param>
    /// <param name="options">Options of mount(8).</param>
    /// <param name="make">The program that makes the file system, with its options.</param>
    internal ImageFilesystem(int megabytes, string options, params string[] make)
    {
        Directory.CreateDirectory(Path);
        string image = _directory["image"];
        Command.Run("truncate", "-s", $"{megabytes}M", image);
        Command.Run(make[0], [.. make[1..], image]);
        Command.Run("mount", "-o", options, image, Path);
        Device = Command.Run("findmnt", "-n", "-o", "SOURCE", Path).Trim();
    }

    /// <summary>Where it is mounted.</summary>
    internal string Path => _directory["fs"];

    /// <summary>Its device.</summary>
    internal string Device { get; }

    /// <summary>A btrfs file system with qgroups.</summary>
    internal static ImageFilesystem Btrfs()
    {
        var made = new ImageFilesystem(256, "loop", "mkfs.btrfs", "-q");
        Command.Run("btrfs", "quota", "enable", made.Path);
        return made;
    }

    public void Dispose()
    {
        Command.Run("umount", Path);
        _directory.Dispose();
    }
}
