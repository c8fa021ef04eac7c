using System.Diagnostics;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>Runs the programs with which a test makes what it looks at.</summary>
internal static class Shell
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    internal static string Run(string program, params string[] arguments) => RunWithInput(null, program, arguments);

    /// <summary>The same with a text at its standard input.</summary>
    internal static string RunWithInput(string? input, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;

        // Process.Dispose leaves open what was read from, until it is finalized.
        using StreamReader standardOutput = process.StandardOutput, standardError = process.StandardError;
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (input is not null) process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit status {process.ExitCode}: {error.Result}");
        return output;
    }

    /// <summary>Waits for something that the kernel or another process is about to do.</summary>
    internal static void WaitUntil(Func<bool> condition, string what, int seconds = 30)
    {
        long deadline = Environment.TickCount64 + (seconds * 1000L);
        while (!condition())
        {
            if (Environment.TickCount64 > deadline) throw new TimeoutException($"waited {seconds} s for {what}");
            Thread.Sleep(5);
        }
    }
}
