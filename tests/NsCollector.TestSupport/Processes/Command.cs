using System.Diagnostics;

namespace NsCollector.TestSupport.Processes;

/// <summary>Runs other programs for the tests: what they drive, never what they test.</summary>
public static class Command
{
    /// <summary>Some of them fetch packages. The bound is there to end a broken run, not to measure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its exit status, standard output and standard error.</returns>
    /// <exception cref="TimeoutException">It did not end within ten minutes; it was killed.</exception>
    public static (int Status, string Output, string Errors) Try(string program, params string[] arguments) => TryWithInput(null, program, arguments);

    /// <summary>The same with a text at its standard input.</summary>
    /// <inheritdoc cref="Try" path="/returns|/exception"/>
    public static (int Status, string Output, string Errors) TryWithInput(string? input, string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        // Process.Dispose leaves these open until they are finalized; tests count descriptors.
        using StreamReader standardOutput = process.StandardOutput, standardError = process.StandardError;
        Task<string> output = standardOutput.ReadToEndAsync();
        Task<string> errors = standardError.ReadToEndAsync();
        Task<bool> taken = FeedAsync(process.StandardInput, input);
        var clock = Stopwatch.StartNew();
        if (!Task.WaitAll([output, errors, taken], Patience) || !process.WaitForExit(Patience - clock.Elapsed is { Ticks: > 0 } left ? left : TimeSpan.Zero))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Patience}");
        }

        if (process.ExitCode == 0 && !taken.Result)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with status 0 before it had read its input");
        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Runs a program that must succeed.</summary>
    /// <returns>Its standard output without the last newline.</returns>
    /// <exception cref="InvalidOperationException">It ended with another status than 0; the message has its standard error.</exception>
    public static string Run(string program, params string[] arguments) => RunWithInput(null, program, arguments);

    /// <summary>The same with a text at its standard input.</summary>
    /// <inheritdoc cref="Run" path="/returns|/exception"/>
    public static string RunWithInput(string? input, string program, params string[] arguments)
    {
        (int status, string output, string errors) = TryWithInput(input, program, arguments);
        return status == 0
            ? output.TrimEnd('\n')
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with status {status}: {errors}{output}");
    }

    /// <summary>Starts a program with its streams redirected; the caller reads and ends it.</summary>
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

    // Whether all of it was taken: a program may end before it has read its input.
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

    /// <summary>Where a program stands, looked up as a shell does; null if it is not installed.</summary>
    public static string? Find(string program)
    {
        string path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/sbin:/sbin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }
}
