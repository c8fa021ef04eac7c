using System.Diagnostics;

namespace NsCollector.LinuxTests.Deliver;

/// <summary>A directory that is gone after the test; on a small file system of its own where asked for.</summary>
internal sealed class TestDirectory : IDisposable
{
    private readonly List<string> _mounts = [];

    public TestDirectory() => Root = Directory.CreateTempSubdirectory("nscollector-deliver-").FullName;

    public static TestDirectory OnTmpfs(string options)
    {
        TestDirectory directory = new();
        directory.Mount("-t", "tmpfs", "-o", options, "nscollector-test", directory.Root);
        directory._mounts.Add(directory.Root);
        return directory;
    }

    public string Root { get; }

    public string this[string name] => Path.Combine(Root, name);

    public string MakeDirectory(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void MakeReadOnly(bool readOnly) => Mount("-o", readOnly ? "remount,ro" : "remount,rw", Root);

    /// <summary>Puts a read-only view of a directory over it, until disposed.</summary>
    public IDisposable CoverReadOnly(string path)
    {
        Mount("--bind", path, path);
        Mount("-o", "remount,bind,ro", path);
        _mounts.Insert(0, path);
        return new Cover(this, path);
    }

    public void MountFileOverItself(string path)
    {
        Mount("--bind", path, path);
        _mounts.Insert(0, path);
    }

    public void Dispose()
    {
        foreach (string mount in _mounts) Run("umount", "-l", mount);
        Directory.Delete(Root, recursive: true);
    }

    private void Mount(params string[] arguments) => Run("mount", arguments);

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private sealed class Cover(TestDirectory directory, string path) : IDisposable
    {
        public void Dispose()
        {
            Run("umount", path);
            directory._mounts.Remove(path);
        }
    }
}
