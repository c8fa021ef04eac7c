using System.Diagnostics;
using System.Globalization;

namespace NsCollector.RuntimeTests.Churn;

/// <summary>Runs <c>fleet</c> (bench/fleet/fleet.c): permanent and short-lived containers without a container runtime.</summary>
internal sealed class Fleet : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    /// <summary>Starts it and waits until the permanent containers exist.</summary>
    /// <param name="directory">The directory for its log and its Docker data root.</param>
    /// <param name="permanent">The number of permanent containers.</param>
    /// <param name="shortLived">The number of short-lived containers, which start at <see cref="Begin"/>.</param>
    /// <param name="seconds">The time over which they start.</param>
    public Fleet(string directory, int permanent, int shortLived, int seconds)
    {
        Log = Path.Combine(directory, "log");
        DockerRoot = Directory.CreateDirectory(Path.Combine(directory, "docker")).FullName;
        _process = Command.Start(
            Path.Combine(AppContext.BaseDirectory, "fleet"),
            "--name", Name, "--count", Text(permanent), "--link", LinkPrefix, "--lively",
            "--churn", Text(shortLived), "--seconds", Text(seconds), "--docker-root", DockerRoot, "--log", Log);
        Expect($"ready {permanent} ", Patience);
    }

    /// <summary>The parent cgroup of all containers, and the name of a permanent one without its dash and number.</summary>
    public static string Name { get; } = $"nsc-churn-{Environment.ProcessId}";

    /// <summary>The log of the removed containers.</summary>
    public string Log { get; }

    /// <summary>The Docker data root with the names of the short-lived containers.</summary>
    public string DockerRoot { get; }

    /// <summary>The number of network interfaces of short-lived containers that still exist.</summary>
    public static int ShortLivedLinks => Directory.GetFileSystemEntries("/sys/class/net", LinkPrefix + "c*").Length;

    private static string LinkPrefix { get; } = $"n{Environment.ProcessId % 100_000}";

    /// <summary>Starts the churn.</summary>
    public void Begin() => Command.Run("kill", "-USR1", Text(_process.Id));

    /// <summary>Waits until the last short-lived container is removed.</summary>
    public void WaitForEnd(int shortLived, TimeSpan patience) => Expect($"churned {shortLived} ", patience);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Command.Run("kill", "-TERM", Text(_process.Id));
            _process.WaitForExit(Patience);
        }

        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Expect(string beginning, TimeSpan patience)
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(patience), $"fleet did not print '{beginning}'");
        Assert.True(line.Result?.StartsWith(beginning, StringComparison.Ordinal) == true, $"fleet printed '{line.Result}' instead of '{beginning}': {(_process.HasExited ? _process.StandardError.ReadToEnd() : "")}");
    }
}
