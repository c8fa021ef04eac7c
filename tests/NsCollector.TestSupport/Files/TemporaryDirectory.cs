namespace NsCollector.TestSupport.Files;

/// <summary>A temporary directory, removed when disposed. It can have its own small file system (needs root).</summary>
public sealed class TemporaryDirectory : IDisposable
{
    // In the order in which they are unmounted: the last mount first.
    private readonly List<string> _mounts = [];

    /// <summary>Its absolute path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("nscollector-test-").FullName;

    /// <summary>The path of a file or directory in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>A directory with a tmpfs mounted on it.</summary>
    /// <param name="options">Options of mount(8), for example <c>size=64k</c>.</param>
    public static TemporaryDirectory OnTmpfs(string options)
    {
        TemporaryDirectory directory = new();
        try
        {
            directory.Mount(directory.Path, "-t", "tmpfs", "-o", options, "nscollector-test");
        }
        catch
        {
            directory.Dispose();
            throw;
        }

        return directory;
    }

    /// <summary>Writes a file and creates its parent directories.</summary>
    /// <returns>Its path.</returns>
    public string Write(string relative, string text)
    {
        string path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Makes a directory in it.</summary>
    /// <returns>Its path.</returns>
    public string MakeDirectory(string name) => Directory.CreateDirectory(this[name]).FullName;

    /// <summary>Makes its tmpfs read-only, or writable again.</summary>
    public void MakeReadOnly(bool readOnly) => Command.Run("mount", "-o", readOnly ? "remount,ro" : "remount,rw", Path);

    /// <summary>Mounts a read-only view of a directory over it; disposing the result unmounts it.</summary>
    public IDisposable CoverReadOnly(string path)
    {
        MountOverItself(path);
        Command.Run("mount", "-o", "remount,bind,ro", path);
        return new Cover(this, path);
    }

    /// <summary>Makes a file a mount point, so that it cannot be renamed or removed.</summary>
    public void MountOverItself(string path) => Mount(path, "--bind", path);

    /// <summary>Unmounts its file systems and removes it.</summary>
    public void Dispose()
    {
        foreach (string mount in _mounts) Command.Run("umount", "-l", mount);
        Directory.Delete(Path, recursive: true);
    }

    private void Mount(string point, params string[] arguments)
    {
        Command.Run("mount", [.. arguments, point]);
        _mounts.Insert(0, point);
    }

    private sealed class Cover(TemporaryDirectory directory, string path) : IDisposable
    {
        public void Dispose()
        {
            Command.Run("umount", path);
            directory._mounts.Remove(path);
        }
    }
}
