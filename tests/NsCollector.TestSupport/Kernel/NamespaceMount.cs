namespace NsCollector.TestSupport.Kernel;

/// <summary>A bind mount that keeps the network namespace of a process alive, as runtimes make it. Dispose unmounts it and removes the file.</summary>
public sealed class NamespaceMount : IDisposable
{
    private bool _isMounted = true;

    /// <param name="process">The process in the namespace.</param>
    /// <param name="path">The file to mount it at; it is created if it is missing.</param>
    public NamespaceMount(NamespaceProcess process, string path)
    {
        Path = path;
        if (!File.Exists(path)) File.WriteAllText(path, "");
        Command.Run("mount", "--bind", $"/proc/{process.Pid}/ns/net", path);
    }

    public string Path { get; }

    public void Dispose()
    {
        if (!_isMounted) return;
        _isMounted = false;
        Command.Run("umount", Path);
        File.Delete(Path);
    }
}
