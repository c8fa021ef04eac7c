using NsCollector.Deliver.File;

namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>Real tailers follow a file through rotations, at their default settings.</summary>
public sealed class TailerProgramsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TailerFact]
    public void Tail_reads_every_line_once_through_rotations() => Follow(TailerProgram.Tail, 12);

    [TailerFact]
    public void Rsyslog_reads_every_line_once_through_rotations() => Follow(TailerProgram.Rsyslog, 12);

    // By default it looks once a second, and only then notices a new file.
    [TailerFact]
    public void Syslog_ng_reads_every_line_once_through_rotations() => Follow(TailerProgram.SyslogNgDaemon, 9);

    private void Follow(Func<string, string, TailerProgram> start, int pairs)
    {
        string work = _directory.MakeDirectory("work");
        string live = Path.Combine(_directory.MakeDirectory("log"), "metrics.lp");
        // A longer time than the default one, because a busy machine can stop the tailer itself for a tenth of a second.
        FileSinkOptions options = new()
        {
            Name = "test", Path = live, RotateKeep = 1000, RotateBytes = 100_000, RotateQuiet = TimeSpan.FromSeconds(1.2),
        };
        NumberedSource source = new(batchBytes: 32 * 1024);
        using FileSink sink = new(options, new CapturingLogger());
        sink.Start();
        source.Send(sink);
        using TailerProgram tailer = start(work, live);
        tailer.Start();
        for (int pair = 0; pair < pairs; pair++)
        {
            // Two cycles, one after the other. The second one makes the file due too.
            for (int i = 0; i < 4; i++) source.Send(sink, endsCycle: i is 1 or 3);
            Thread.Sleep(1300);
        }
        Assert.True(sink.Stop(TimeSpan.FromSeconds(30)));

        Assert.True(Directory.GetFiles(Path.GetDirectoryName(live)!).Length >= pairs, "not rotated");
        Eventually.True(() => LastNumber(tailer.Copy) == source.Last, "the last line arrives", () => $"{tailer.Log} {LastNumber(tailer.Copy)} of {source.Last}");
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(tailer.Copy));
    }

    private static long LastNumber(string copy)
    {
        string[] lines = System.IO.File.ReadAllText(copy).Split('\n');
        return lines.Length > 1 && NumberedLine.Check(lines[^2], out _, out long number) is null ? number : 0;
    }
}
