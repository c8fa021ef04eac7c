using System.Diagnostics;
using System.Globalization;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>A process that sleeps and has the name of another program, such as dockerd.</summary>
internal sealed class NamedProcess : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;

    internal NamedProcess(string program)
    {
        // The name is that of the executed path, also if it is a link (execve(2)).
        string path = Path.Combine(_directory.Path, program);
        File.CreateSymbolicLink(path, Command.Run("readlink", "-f", "/bin/sleep").Trim());
        _process = Process.Start(path, "infinity");
        Eventually.True(() => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/comm")) == program + "\n", $"a process called {program}");
    }

    internal int Pid => _process.Id;

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Dispose();
    }
}
