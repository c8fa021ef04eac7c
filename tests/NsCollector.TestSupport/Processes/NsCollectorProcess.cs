using System.Diagnostics;

namespace NsCollector.TestSupport.Processes;

/// <summary>Runs the built nscollector.dll as its own process, without the test's environment variables that would affect it.</summary>
public sealed class NsCollectorProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private NsCollectorProcess(Process process, bool closeError)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        if (closeError) process.StandardError.Close();
        _error = closeError ? Task.FromResult("") : process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static string Dll { get; } = Path.Combine(AppContext.BaseDirectory, "nscollector.dll");

    // An ignored signal stays ignored through fork and exec (signal(7)). Under nohup, or behind `&` in a script, these tests start
    // with SIGHUP or SIGINT ignored, and the agent would inherit that.
    private static readonly string[] DefaultSignals = ["env", "--default-signal"];

    /// <summary>Starts it with default actions for all signals.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set.</param>
    /// <param name="directory">Its current directory.</param>
    /// <param name="through">A command that executes it, such as setpriv(1).</param>
    /// <param name="program">The command of another build of the agent; null: this build, by <c>dotnet</c>.</param>
    /// <param name="closeError">Whether to close the reading end of its standard error.</param>
    public static NsCollectorProcess Start(
        string[] arguments, Dictionary<string, string>? environment = null, string? directory = null, string[]? through = null, bool closeError = false,
        string[]? program = null)
    {
        string[] command = [.. DefaultSignals, .. through ?? [], .. program ?? ["dotnet", Dll], .. arguments];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "/",
        };
        foreach (string name in start.Environment.Keys.ToArray())
        {
            if (name.StartsWith("NSCOLLECTOR_", StringComparison.OrdinalIgnoreCase)) start.Environment.Remove(name);
        }

        foreach (string name in (string[])["NOTIFY_SOCKET", "INVOCATION_ID", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM"]) start.Environment.Remove(name);
        foreach ((string name, string value) in environment ?? []) start.Environment[name] = value;
        return new NsCollectorProcess(Process.Start(start)!, closeError);
    }

    /// <summary>Runs it until it exits.</summary>
    public static (int ExitCode, string Output, string Error) Run(string[] arguments, Dictionary<string, string>? environment = null, string? directory = null, string[]? through = null,
        string[]? program = null)
    {
        using NsCollectorProcess process = Start(arguments, environment, directory, through, program: program);
        return process.WaitForEnd();
    }

    public (int ExitCode, string Output, string Error) WaitForEnd()
    {
        Assert.True(_process.WaitForExit(Patience), "nscollector did not exit");
        return (_process.ExitCode, _output.Result, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
