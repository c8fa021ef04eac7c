using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// An agent with two sinks: a file, which records what was collected, and <c>influx:main</c> with a spool. It can be stopped,
/// killed and started again. The spool is kept, and the file too, unless the test asks for a new one.
/// </summary>
internal sealed partial class InfluxAgent : IDisposable
{
    private readonly Workload _workload;
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-delivery-").FullName;
    private readonly List<string> _metrics = [];
    private string[] _settings;
    private Process? _process;

    /// <param name="workload">The containers to sample.</param>
    /// <param name="settings">The settings of the server, as arguments of <c>--set</c>.</param>
    internal InfluxAgent(Workload workload, params string[] settings)
    {
        _workload = workload;
        _settings = settings;
        Spool = Path.Combine(_directory, "spool");
        NewFile();
    }

    /// <summary>A directory for the test's files.</summary>
    internal string Scratch => _directory;

    /// <summary>The directory of the spool.</summary>
    internal string Spool { get; set; }

    /// <summary>The sink's directory in the spool.</summary>
    internal string SinkSpool => Path.Combine(Spool, "main");

    /// <summary>The file of refused lines.</summary>
    internal string RefusedFile => Path.Combine(Spool, "main.refused.lp");

    /// <summary>Its log since the first start.</summary>
    internal string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    /// <summary>Environment variables for the agent: NAME=VALUE.</summary>
    internal string[] Environment { get; set; } = [];

    /// <summary>Its process id.</summary>
    internal int Pid => _process!.Id;

    /// <summary>Whether it is running.</summary>
    internal bool IsRunning => _process is { HasExited: false };

    private string LogPath => Path.Combine(_directory, "log");

    /// <summary>The collected points: the complete lines of its files.</summary>
    internal List<Point> Points() => [.. _metrics.SelectMany(AgentProgram.ReadFile)];

    /// <summary>The collected lines as text, each with its newline.</summary>
    internal string Lines() => string.Concat(_metrics.Where(File.Exists).Select(WholeLines));

    /// <summary>The number of cycles in its current file.</summary>
    internal long Cycles => File.Exists(_metrics[^1]) ? CycleField().Matches(WholeLines(_metrics[^1])).Count : 0;

    /// <summary>The newest point about the sink; null if there is none yet.</summary>
    internal Point? State => Points().LastOrDefault(point => point.Tags.GetValueOrDefault("sink") == "influx:main");

    /// <summary>Changes settings for the next start.</summary>
    internal void Configure(params string[] settings) => _settings = settings;

    /// <summary>Selects a new file for the next start.</summary>
    internal void NewFile() => _metrics.Add(Path.Combine(_directory, $"metrics-{_metrics.Count}.lp"));

    /// <summary>The points of the current file.</summary>
    internal List<Point> PointsOfFile() => AgentProgram.ReadFile(_metrics[^1]);

    /// <summary>Starts it.</summary>
    internal InfluxAgent Start()
    {
        Assert.False(IsRunning);
        _process?.Dispose();
        // The shell becomes env, and env the agent, so that the process id is the agent's.
        _process = Command.Start("sh", ["-c", "exec env \"$@\" >> \"$0\" 2>&1 < /dev/null", LogPath, .. Environment, .. Words()]);
        return this;
    }

    /// <summary>The command line that starts it.</summary>
    internal string[] Words() => AgentProgram.Words(AgentProgram.RunArguments(_metrics[^1], [
        .. _workload.Settings, $"spool:path={Spool}",
        "influx:main:retry_interval=100ms", "influx:main:retry_interval_max=500ms",
        // No test depends on the speed of the disk. A test that depends on a time-out sets it.
        "agent:stop_timeout=24s", "influx:main:timeout=30s", "influx:main:connect_timeout=5s",
        .. _settings]));

    /// <summary>Waits for more cycles.</summary>
    internal InfluxAgent Collect(int cycles)
    {
        long until = Cycles + cycles;
        Until(() => Cycles >= until, $"{cycles} cycles");
        return this;
    }

    /// <summary>Waits for a condition while it runs.</summary>
    internal void Until(Func<bool> condition, string what) => Eventually.True(
        () =>
        {
            Assert.False(_process!.HasExited, $"the agent exited early: {Log}");
            return condition();
        },
        what,
        () => $"The log: {Log}. Its state: {(State is { } state ? PointComparison.Text(state) : "unknown")}. Its spool: {string.Join(' ', SpoolFiles().Select(Path.GetFileName))}");

    /// <summary>Waits until at most one file is in the spool, so the server has the rest.</summary>
    internal InfluxAgent CatchUp()
    {
        Until(() => SpoolFiles().Count <= 1, "the spool is sent");
        return this;
    }

    /// <summary>Stops it by SIGTERM. It must exit with status 0 and an empty spool, unless <paramref name="leaves"/>.</summary>
    internal void Stop(bool leaves = false)
    {
        // A stopping agent does not retry a server that is down, so wait until the last fault is over.
        if (!leaves)
            Until(() => SpoolFiles().Count == 0, "the spool is empty");
        int status = AgentProgram.Stop(_process!);
        Assert.True(status == 0, $"exit status {status}: {Log}");
        if (!leaves)
            Assert.True(SpoolFiles().Count == 0, $"left in the spool: {string.Join(' ', SpoolFiles().Select(Path.GetFileName))}. {Log}");
    }

    /// <summary>Kills it by SIGKILL.</summary>
    internal void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Stops all threads by SIGSTOP until <see cref="Continue"/>.</summary>
    internal void Pause()
    {
        Command.Run("kill", "-STOP", $"{Pid}");
        // Other threads stop a moment after the signal.
        Eventually.True(
            () => Directory.EnumerateDirectories($"/proc/{Pid}/task").All(IsStopped),
            "all threads are stopped");
    }

    private static bool IsStopped(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/stat").Contains(") T ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // The thread has exited.
            return true;
        }
    }

    /// <summary>Continues it by SIGCONT.</summary>
    internal void Continue() => Command.Run("kill", "-CONT", $"{Pid}");

    /// <summary>The finished spool files, oldest first.</summary>
    internal List<string> SpoolFiles()
    {
        try
        {
            return Directory.Exists(SinkSpool) ? [.. Directory.EnumerateFiles(SinkSpool, "*.lp.gz").Order(StringComparer.Ordinal)] : [];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>The lines of a spool file, decompressed by <c>zcat</c>.</summary>
    internal static string Zcat(string file)
    {
        using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return reader.ReadToEnd();
    }

    /// <summary>The points of the finished spool files. Call this only while the agent does not run.</summary>
    internal List<Point> SpooledPoints() => [.. SpoolFiles().SelectMany(file => StrictParser.ParseAll(Zcat(file)))];

    /// <summary>The refused lines with their reasons. The file has each reason above its lines.</summary>
    internal List<(string Reason, string Line)> Refused()
    {
        var refused = new List<(string Reason, string Line)>();
        string reason = "";
        foreach (string line in File.Exists(RefusedFile) ? File.ReadLines(RefusedFile) : [])
        {
            if (line.StartsWith('#'))
                reason = line;
            // These follow a note about points that the server did not name.
            else if (line.Length > 0)
                refused.Add((reason, line));
        }

        return refused;
    }

    public void Dispose()
    {
        if (IsRunning)
            Kill();
        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The cycle number of a point; null for other points.</summary>
    internal static long? Cycle(Point point) => point.Measurement == "nscollector" && point.Has("cycles") ? point.Integer("cycles") : null;

    /// <summary>The current time as a timestamp of points, in ns.</summary>
    internal static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private static string WholeLines(string path)
    {
        string text = File.ReadAllText(path);
        return text[..(text.LastIndexOf('\n') + 1)];
    }

    [GeneratedRegex(@"[ ,]cycles=\d+i", RegexOptions.CultureInvariant)]
    private static partial Regex CycleField();

    /// <summary>An integer or boolean field of the newest point about the sink; 0 if it is absent.</summary>
    internal long SinkField(string field) => State?.Fields.GetValueOrDefault(field) switch
    {
        bool flag => flag ? 1 : 0,
        { } value => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        null => 0,
    };
}
