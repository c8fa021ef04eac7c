using System.Globalization;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>
/// A process called dockerd with a mount namespace and a root directory of its own, which holds busybox and what the test puts
/// there. Disposing kills it.
/// </summary>
internal sealed class ProgramWithRoot : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <param name="setUp">A script that runs in the root directory, as root of the host, before it becomes the root.</param>
    internal ProgramWithRoot(string setUp)
    {
        _directory.MakeDirectory("proc");
        _directory.MakeDirectory("bin");

        // Not by this process: one that it starts meanwhile would keep the file open for writing, so that it could not be executed.
        Command.Run("cp", Command.Find("busybox")!, _directory["bin"]);
        Process = NamespaceProcess.StartWithInput(
            "unshare", "--mount", "--propagation", "private", "sh", "-ec",
            """mount --bind "$0" "$0"; cd "$0"; mount -t proc proc proc; eval "$1"; exec chroot . /bin/busybox sh -c 'printf dockerd > /proc/self/comm; read line'""",
            _directory.Path, setUp);
        try
        {
            Eventually.True(() => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{Process.Pid}/comm")) == "dockerd\n", "a process called dockerd");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal NamespaceProcess Process { get; }

    public void Dispose()
    {
        Process.Dispose();
        _directory.Dispose();
    }
}
