using System.Diagnostics;
using System.Globalization;

namespace NsCollector.RuntimeTests.Churn;

/// <summary><c>fleet</c> (bench/fleet/fleet.c): containers without a container runtime, of which some stand and some come and go.</summary>
internal sealed class Fleet : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    /// <summary>Starts it and waits until those that stand do.</summary>
    /// <param name="directory">Its log and its Docker data root are made there.</param>
    /// <param name="standing">How many stand.</param>
    /// <param name="brief">How many come and go, once <see cref="Begin"/> was called.</param>
    /// <param name="seconds">For how long they do.</param>
    public Fleet(string directory, int standing, int brief, int seconds)
    {
        Log = Path.Combine(directory, "log");
        DockerRoot = Directory.CreateDirectory(Path.Combine(directory, "docker")).FullName;
        _process = Command.Start(
            Path.Combine(AppContext.BaseDirectory, "fleet"),
            "--name", Name, "--count", Text(standing), "--link", LinkPrefix, "--lively",
            "--churn", Text(brief), "--seconds", Text(seconds), "--docker-root", DockerRoot, "--log", Log);
        Expect($"ready {standing} ", Patience);
    }

    /// <summary>The cgroup in which all of it stands; and with a number behind a dash what each is called that stands.</summary>
    public static string Name { get; } = $"nsc-churn-{Environment.ProcessId}";

    /// <summary>What it writes of those that are gone.</summary>
    public string Log { get; }

    /// <summary>Where the names are found of those that come and go.</summary>
    public string DockerRoot { get; }

    /// <summary>How many network interfaces the kernel still has of those that come and go.</summary>
    public static int BriefLinks => Directory.GetFileSystemEntries("/sys/class/net", LinkPrefix + "c*").Length;

    private static string LinkPrefix { get; } = $"n{Environment.ProcessId % 100_000}";

    /// <summary>From now on containers come and go.</summary>
    public void Begin() => Command.Run("kill", "-USR1", Text(_process.Id));

    /// <summary>Waits until the last of them is gone.</summary>
    public void WaitForEnd(int brief, TimeSpan patience) => Expect($"churned {brief} ", patience);

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
        Assert.True(line.Wait(patience), $"fleet did not say '{beginning}'");
        Assert.True(line.Result?.StartsWith(beginning, StringComparison.Ordinal) == true, $"fleet said '{line.Result}' for '{beginning}': {(_process.HasExited ? _process.StandardError.ReadToEnd() : "")}");
    }
}
