using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// An agent with two sinks: a file, which tells what was collected, and <c>influx:main</c> with a spool. It can be ended,
/// killed and started again; the spool stays, and so does the file, unless it is asked for a new one.
/// </summary>
internal sealed partial class InfluxAgent : IDisposable
{
    private readonly Workload _workload;
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-delivery-").FullName;
    private readonly List<string> _metrics = [];
    private string[] _settings;
    private Process? _process;

    /// <param name="workload">What it samples.</param>
    /// <param name="settings">As after <c>--set</c>; what tells it the server.</param>
    internal InfluxAgent(Workload workload, params string[] settings)
    {
        _workload = workload;
        _settings = settings;
        Spool = Path.Combine(_directory, "spool");
        NewFile();
    }

    /// <summary>Where it may have files of the test's.</summary>
    internal string Scratch => _directory;

    /// <summary>The directory of the spool.</summary>
    internal string Spool { get; set; }

    /// <summary>The directory of the sink within it.</summary>
    internal string SinkSpool => Path.Combine(Spool, "main");

    /// <summary>The lines that the server refused.</summary>
    internal string RefusedFile => Path.Combine(Spool, "main.refused.lp");

    /// <summary>What it has said, in all its lives.</summary>
    internal string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    /// <summary>Environment variables of the agent: NAME=VALUE.</summary>
    internal string[] Environment { get; set; } = [];

    /// <summary>Its process id.</summary>
    internal int Pid => _process!.Id;

    /// <summary>Whether it runs.</summary>
    internal bool IsRunning => _process is { HasExited: false };

    private string LogPath => Path.Combine(_directory, "log");

    /// <summary>What it has collected: the whole lines of its files.</summary>
    internal List<Point> Points() => [.. _metrics.SelectMany(AgentProgram.ReadFile)];

    /// <summary>The same as text, each with its newline.</summary>
    internal string Lines() => string.Concat(_metrics.Where(File.Exists).Select(WholeLines));

    /// <summary>How many cycles it has collected in its present file.</summary>
    internal long Cycles => File.Exists(_metrics[^1]) ? CycleField().Matches(WholeLines(_metrics[^1])).Count : 0;

    /// <summary>The last that it told of the sink; null if it has not yet.</summary>
    internal Point? State => Points().LastOrDefault(point => point.Tags.GetValueOrDefault("sink") == "influx:main");

    /// <summary>Other settings from the next start on.</summary>
    internal void Configure(params string[] settings) => _settings = settings;

    /// <summary>From the next start on it collects to another file.</summary>
    internal void NewFile() => _metrics.Add(Path.Combine(_directory, $"metrics-{_metrics.Count}.lp"));

    /// <summary>The points of the present file.</summary>
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

    /// <summary>The words that start it.</summary>
    internal string[] Words() => AgentProgram.Words(AgentProgram.RunArguments(_metrics[^1], [
        .. _workload.Settings, $"spool:path={Spool}",
        "influx:main:retry_interval=100ms", "influx:main:retry_interval_max=500ms",
        // How soon the machine's disk has written is the subject of no test; where patience is, the test says how long.
        "agent:stop_timeout=24s", "influx:main:timeout=30s", "influx:main:connect_timeout=5s",
        .. _settings]));

    /// <summary>Waits for that many more cycles.</summary>
    internal InfluxAgent Collect(int cycles)
    {
        long until = Cycles + cycles;
        Until(() => Cycles >= until, $"{cycles} cycles");
        return this;
    }

    /// <summary>Waits for something while it runs.</summary>
    internal void Until(Func<bool> condition, string what) => Eventually.True(
        () =>
        {
            Assert.False(_process!.HasExited, $"the agent ended early: {Log}");
            return condition();
        },
        what,
        () => $"The agent said: {Log}. Its state: {(State is { } state ? Collected.Text(state) : "unknown")}. Its spool: {string.Join(' ', SpoolFiles().Select(Path.GetFileName))}");

    /// <summary>Waits until less than a few cycles are in the spool: the server has the rest.</summary>
    internal InfluxAgent CatchUp()
    {
        Until(() => SpoolFiles().Count <= 1, "the spool to be sent");
        return this;
    }

    /// <summary>SIGTERM; it must end well and with nothing left unless <paramref name="leaves"/>.</summary>
    internal void Stop(bool leaves = false)
    {
        // A server that is down is left to the next start, so the last fault must be over.
        if (!leaves)
            Until(() => SpoolFiles().Count == 0, "the spool to be empty for once");
        int status = AgentProgram.Stop(_process!);
        Assert.True(status == 0, $"exit status {status}: {Log}");
        if (!leaves)
            Assert.True(SpoolFiles().Count == 0, $"left in the spool: {string.Join(' ', SpoolFiles().Select(Path.GetFileName))}. {Log}");
    }

    /// <summary>SIGKILL.</summary>
    internal void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGSTOP: nothing moves until <see cref="Continue"/>.</summary>
    internal void Pause()
    {
        Command.Run("kill", "-STOP", $"{Pid}");
        // Other threads come to a stop a moment after the signal.
        Eventually.True(
            () => Directory.EnumerateDirectories($"/proc/{Pid}/task").All(IsStopped),
            "all threads to stop");
    }

    private static bool IsStopped(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/stat").Contains(") T ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return true;
        }
    }

    /// <summary>SIGCONT.</summary>
    internal void Continue() => Command.Run("kill", "-CONT", $"{Pid}");

    /// <summary>The finished files of the spool, oldest first.</summary>
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

    /// <summary>The lines of a file of the spool as <c>zcat</c> shows them.</summary>
    internal static string Zcat(string file)
    {
        using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return reader.ReadToEnd();
    }

    /// <summary>The points of the spool's finished files; only while the agent does not run.</summary>
    internal List<Point> SpooledPoints() => [.. SpoolFiles().SelectMany(file => StrictParser.ParseAll(Zcat(file)))];

    /// <summary>The refused lines with their reasons, which stand above them.</summary>
    internal List<(string Reason, string Line)> Refused()
    {
        var refused = new List<(string Reason, string Line)>();
        string reason = "";
        foreach (string line in File.Exists(RefusedFile) ? File.ReadLines(RefusedFile) : [])
        {
            if (line.StartsWith('#'))
                reason = line;
            // Below what tells of points that the server did not name.
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

    /// <summary>The number of a point's cycle; null for other points.</summary>
    internal static long? Cycle(Point point) => point.Measurement == "nscollector" && point.Has("cycles") ? point.Integer("cycles") : null;

    /// <summary>Now, as points are stamped.</summary>
    internal static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private static string WholeLines(string path)
    {
        string text = File.ReadAllText(path);
        return text[..(text.LastIndexOf('\n') + 1)];
    }

    [GeneratedRegex(@"[ ,]cycles=\d+i", RegexOptions.CultureInvariant)]
    private static partial Regex CycleField();

    /// <summary>A number that the agent tells of the sink, whichever type it has; 0 where it does not tell.</summary>
    internal long Told(string field) => State?.Fields.GetValueOrDefault(field) switch
    {
        bool flag => flag ? 1 : 0,
        { } value => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        null => 0,
    };
}
