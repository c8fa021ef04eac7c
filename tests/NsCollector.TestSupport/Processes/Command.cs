using System.Diagnostics;

namespace NsCollector.TestSupport.Processes;

/// <summary>Runs other programs that the tests need. It does not run the agent.</summary>
public static class Command
{
    /// <summary>The limit only ends a broken run. Some programs fetch packages.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs a program until it exits.</summary>
    /// <returns>Its exit status, standard output and standard error.</returns>
    /// <exception cref="TimeoutException">It did not exit within ten minutes; it was killed.</exception>
    public static (int Status, string Output, string Errors) Try(string program, params string[] arguments) => TryWithInput(null, program, arguments);

    /// <summary>Runs a program with a text as its standard input.</summary>
    /// <inheritdoc cref="Try" path="/returns|/exception"/>
    public static (int Status, string Output, string Errors) TryWithInput(string? input, string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        // Process.Dispose leaves these open until finalization, and tests count descriptors.
        using StreamReader standardOutput = process.StandardOutput, standardError = process.StandardError;
        Task<string> output = standardOutput.ReadToEndAsync();
        Task<string> errors = standardError.ReadToEndAsync();
        Task<bool> taken = FeedAsync(process.StandardInput, input);
        var clock = Stopwatch.StartNew();
        if (!Task.WaitAll([output, errors, taken], Patience) || !process.WaitForExit(Patience - clock.Elapsed is { Ticks: > 0 } left ? left : TimeSpan.Zero))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not exit within {Patience}");
        }

        if (process.ExitCode == 0 && !taken.Result)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} exited with status 0 before it read its input");
        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Runs a program, which must exit with status 0.</summary>
    /// <returns>Its standard output without the last newline.</returns>
    /// <exception cref="InvalidOperationException">It exited with another status; the message has its standard error.</exception>
    public static string Run(string program, params string[] arguments) => RunWithInput(null, program, arguments);

    /// <summary>Runs a program with a text as its standard input; it must exit with status 0.</summary>
    /// <inheritdoc cref="Run" path="/returns|/exception"/>
    public static string RunWithInput(string? input, string program, params string[] arguments)
    {
        (int status, string output, string errors) = TryWithInput(input, program, arguments);
        return status == 0
            ? output.TrimEnd('\n')
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} exited with status {status}: {errors}{output}");
    }

    /// <summary>Starts a program with redirected streams. The caller must read them and end the program.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    // Returns whether the program read all of its input; it may exit before.
    private static async Task<bool> FeedAsync(StreamWriter standardInput, string? input)
    {
        try
        {
            await using (standardInput)
                await standardInput.WriteAsync(input);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The path of a program, looked up like a shell does; null if it is not installed.</summary>
    public static string? Find(string program)
    {
        string path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/sbin:/sbin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }
}
