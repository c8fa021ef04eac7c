using System.Diagnostics;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>
/// The procfs of a host on which root may read process 1. If this machine protects that process even from root, another process
/// of the host is in its place. Disposing unmounts it.
/// </summary>
internal sealed class HostProc : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-proc-").FullName;
    private readonly Process _first = Command.Start("sleep", "infinity");

    public HostProc()
    {
        Command.Run("mount", "--rbind", "/proc", _directory);
        Command.Run("mount", "--make-rprivate", _directory);
        if (Command.Try("ls", "/proc/1/root/").Status != 0) Command.Run("mount", "--bind", $"/proc/{_first.Id}", $"{_directory}/1");
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => _directory;

    /// <inheritdoc/>
    public void Dispose()
    {
        Command.Run("umount", "--recursive", "--lazy", _directory);
        Directory.Delete(_directory);
        _first.Kill();
        _first.Dispose();
    }
}
