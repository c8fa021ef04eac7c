using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NsCollector.TestSupport.Processes;

/// <summary>A server that a test starts, ends, kills and starts again; what it says goes to a file.</summary>
public sealed class ServerProcess(string logPath, string program, params string[] arguments) : IDisposable
{
    private Process? _process;

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>What it has said so far, in all its lives.</summary>
    public string Log => File.Exists(logPath) ? File.ReadAllText(logPath) : "";

    /// <summary>A port of loopback that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="isReady">Whether it does; asked again and again.</param>
    public void Start(Func<bool> isReady)
    {
        Assert.False(IsRunning, $"{program} runs already");
        _process?.Dispose();
        // The shell becomes the program, so that the process id is the program's.
        _process = Command.Start("sh", ["-c", "exec \"$@\" >> \"$0\" 2>&1 < /dev/null", logPath, program, .. arguments]);
        Process process = _process;
        Eventually.True(
            () =>
            {
                Assert.False(process.HasExited, $"{program} ended early: {Log}");
                return isReady();
            },
            $"{program} to serve",
            () => Log);
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public void Stop()
    {
        if (_process is not { HasExited: false } process)
            return;
        Command.Run("kill", "-TERM", $"{process.Id}");
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            Kill();
            throw new TimeoutException($"{program} did not end within 30 s of SIGTERM: {Log}");
        }
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public void Kill()
    {
        if (_process is not { HasExited: false } process)
            return;
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process?.Dispose();
    }
}
