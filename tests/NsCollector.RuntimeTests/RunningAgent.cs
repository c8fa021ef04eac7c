using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace NsCollector.RuntimeTests;

/// <summary>An agent that runs while a test changes containers. Disposing stops it.</summary>
internal sealed class RunningAgent : IDisposable
{
    private const string SchedFifo = "1";

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;
    private readonly StringBuilder _log = new();
    private readonly Process _process;
    private readonly List<Point> _points = [];
    private long _read;

    /// <summary>Starts it and waits for its first cycle.</summary>
    /// <param name="settings">Arguments of <c>--set</c>: <c>section:key=value</c>.</param>
    public RunningAgent(params string[] settings)
    {
        string[] words = AgentProgram.Words(AgentProgram.RunArguments(MetricsPath, settings));
        _process = Command.Start(words[0], words[1..]);
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        try
        {
            Eventually.True(() => Cycles.Length > 0 || _process.HasExited, "a first cycle", () => Log);
            Assert.False(_process.HasExited, Log);
        }
        catch
        {
            Dispose();
            throw;
        }

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (_log)
                _log.AppendLine(line.Data);
        }
    }

    /// <summary>Its log so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>All points that it has written so far.</summary>
    public List<Point> Points
    {
        get
        {
            if (!File.Exists(MetricsPath))
                return _points;
            using FileStream file = File.OpenRead(MetricsPath);
            byte[] bytes = new byte[file.Length - _read];
            file.Position = _read;
            file.ReadExactly(bytes);
            int whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
            _points.AddRange(StrictParser.ParseAll(Encoding.UTF8.GetString(bytes, 0, whole)));
            _read += whole;
            return _points;
        }
    }

    /// <summary>Its points about its cycles, one per cycle.</summary>
    public Point[] Cycles => [.. Points.Where(point => point.Measurement == "nscollector" && point.Has("cycle_ns"))];

    /// <summary>
    /// Whether the kernel says that the watch thread has the scheduling policy SCHED_FIFO (proc(5), /proc/PID/stat, field 41).
    /// </summary>
    public bool WatchesInRealTime
    {
        get
        {
            string thread = Directory.EnumerateDirectories($"/proc/{_process.Id}/task").Single(task => File.ReadAllText(task + "/comm").Trim() == "watch");
            string[] fields = File.ReadAllText(thread + "/stat").Split(") ")[^1].Split(' ');
            return fields[41 - 3] == SchedFifo;
        }
    }

    /// <summary>The time that its sampling thread has waited for a processor, from the kernel, in milliseconds.</summary>
    public long SamplingWaitedMs => ProcessResources.ReadThreads(_process.Id)["sampling"].WaitedNs / 1_000_000;

    /// <summary>Its highest resident memory so far, in KiB (VmHWM of proc(5)).</summary>
    public long PeakResidentKib => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    /// <summary>The CPU time of its threads with a name, from the kernel, in nanoseconds.</summary>
    public long ThreadCpuNs(string name) => ProcessResources.ReadThreads(_process.Id).GetValueOrDefault(name).CpuNs;

    /// <summary>The id of its thread with a name.</summary>
    public int ThreadId(string name) =>
        int.Parse(Path.GetFileName(Directory.GetDirectories($"/proc/{_process.Id}/task").Single(task => File.ReadAllText($"{task}/comm").TrimEnd() == name)), CultureInfo.InvariantCulture);

    /// <summary>What it uses now.</summary>
    public ProcessResources Resources => ProcessResources.Read(_process.Id);

    private string MetricsPath => Path.Combine(_directory, "metrics.lp");

    /// <summary>The points of one measurement with this full container id.</summary>
    public Point[] Of(string measurement, string id) =>
        [.. Points.Where(point => point.Measurement == measurement && point.Text("container_id") == id)];

    /// <summary>Waits until a container's exit is reported, and checks that it is reported once.</summary>
    public Point AwaitExit(string id)
    {
        Eventually.True(() => Of("container_exit", id).Length > 0, $"the exit of {id}", () => Log);
        return Assert.Single(Of("container_exit", id));
    }

    /// <summary>Waits for more cycles.</summary>
    public void AwaitCycles(int count)
    {
        int before = Cycles.Length;
        Eventually.True(() => Cycles.Length >= before + count, $"{count} more cycles", () => Log);
    }

    /// <summary>Waits until a container is sampled.</summary>
    public void AwaitSampled(string id) =>
        Eventually.True(() => Of("container_info", id).Length > 0, $"a sample of {id}", () => Log);

    /// <summary>Stops it by SIGTERM. Afterwards <see cref="Points"/> has everything.</summary>
    public void Stop() => Assert.True(AgentProgram.Stop(_process) == 0, Log);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
