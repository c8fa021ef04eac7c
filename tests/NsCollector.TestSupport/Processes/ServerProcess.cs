using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NsCollector.TestSupport.Processes;

/// <summary>A server that a test can start, stop, kill and start again. Its output goes to a file.</summary>
public sealed class ServerProcess(string logPath, string program, params string[] arguments) : IDisposable
{
    private Process? _process;

    /// <summary>Whether it is running.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Its output since the first start.</summary>
    public string Log => File.Exists(logPath) ? File.ReadAllText(logPath) : "";

    /// <summary>Finds a free TCP port of 127.0.0.1.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="isReady">Whether it is ready; called repeatedly.</param>
    public void Start(Func<bool> isReady)
    {
        Assert.False(IsRunning, $"{program} is running already");
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
            $"{program} is ready",
            () => Log);
    }

    /// <summary>Sends a signal, by its name in kill(1).</summary>
    public void Signal(string signal) => Command.Run("kill", "-" + signal, $"{_process!.Id}");

    /// <summary>Sends SIGTERM and waits until it has exited.</summary>
    /// <exception cref="TimeoutException">It did not exit within 30 s; it was killed.</exception>
    public void Stop()
    {
        if (_process is not { HasExited: false } process)
            return;
        Signal("TERM");
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            Kill();
            throw new TimeoutException($"{program} did not exit within 30 s of SIGTERM: {Log}");
        }
    }

    /// <summary>Sends SIGKILL and waits until it has exited.</summary>
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
