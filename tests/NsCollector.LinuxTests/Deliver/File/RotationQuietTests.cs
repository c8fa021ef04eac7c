using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using NsCollector.Deliver.File;
using NsCollector.Linux.Interop;

namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>When the file sink rotates a file: between two cycles, after a time without writes.</summary>
public sealed class RotationQuietTests : IDisposable
{
    // The kernel's timestamps of files are as coarse as its tick, at most 10 ms.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly TemporaryDirectory _directory = new();
    private readonly CapturingLogger _log = new();

    public void Dispose() => _directory.Dispose();

    private string Live => _directory["metrics.lp"];

    private string[] Rotated => [.. Directory.GetFiles(_directory.Path, "metrics.lp.2*").Order(StringComparer.Ordinal)];

    private FileSinkOptions Options => new() { Name = "test", Path = Live, RotateKeep = 1000, RotateBytes = 300_000, QueueBytes = 64 << 20 };

    [Theory]
    [InlineData(3, 0)]
    [InlineData(1, 0)]
    [InlineData(4, 30)]
    [InlineData(2, 350)]
    public void Rotated_file_was_quiet_and_ends_with_a_cycle(int batchesPerCycle, int pauseMs)
    {
        NumberedSource source = new(batchBytes: 32 * 1024);
        HashSet<long> firstOfCycle = [];
        int largestCycle = batchesPerCycle * 32 * 1024;
        using (FileSink sink = new(Options, _log))
        {
            sink.Start();
            var clock = Stopwatch.StartNew();
            for (int cycle = 0; (clock.Elapsed < TimeSpan.FromSeconds(6) || Rotated.Length < 3) && clock.Elapsed < TimeSpan.FromSeconds(60); cycle++)
            {
                firstOfCycle.Add(source.Last + 1);
                for (int i = 1; i <= batchesPerCycle; i++) source.Send(sink, endsCycle: i == batchesPerCycle);
                // Without a pause between cycles the file is never quiet by itself.
                Thread.Sleep(pauseMs > 0 ? pauseMs : 20);
            }
            Assert.True(sink.Stop(TimeSpan.FromSeconds(30)));
            Assert.Equal((0, 0), (sink.Counters.Errors, sink.Counters.DroppedPoints));
        }

        Assert.True(Rotated.Length >= 3, "not rotated");
        Assert.All(Rotated, path => Assert.True(QuietBeforeRename(path) >= TimeSpan.FromMilliseconds(100) - Tick, $"{path}: renamed {QuietBeforeRename(path)} after a write"));
        Assert.All(Rotated.Append(Live), path => Assert.Contains(NumberedSource.ReadFile(path)[0], firstOfCycle));
        Assert.Equal(source.Numbers, Rotated.Append(Live).SelectMany(NumberedSource.ReadFile));
        // With pauses, every cycle can wait; without, the sink waits for a tenth of the time only.
        if (pauseMs > 100) Assert.All(Rotated, path => Assert.InRange(new FileInfo(path).Length, 1, Options.RotateBytes + largestCycle));
    }

    [Fact]
    public void Limit_below_a_cycle_delays_no_cycle_beyond_the_wait()
    {
        NumberedSource source = new(batchBytes: 32 * 1024);
        using FileSink sink = new(Options with { RotateBytes = 4096 }, _log);
        sink.Start();
        var clock = Stopwatch.StartNew();
        for (int cycle = 0; cycle < 400; cycle++) source.Send(sink);
        Eventually.True(() => sink.Counters.SentPoints == source.Last, "all points to be written");

        // 400 waits of 100 ms would be 40 s.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        Assert.NotEmpty(Rotated);
        Assert.True(sink.Stop(TimeSpan.FromSeconds(30)));
        Assert.Equal(source.Numbers, Rotated.Append(Live).SelectMany(NumberedSource.ReadFile));
    }

    [Fact]
    public void Stop_while_waiting_for_quiet_writes_everything_at_once()
    {
        NumberedSource source = new(batchBytes: 32 * 1024);
        using FileSink sink = new(Options with { RotateBytes = 40_000, RotateQuiet = TimeSpan.FromSeconds(10) }, _log);
        sink.Start();
        source.Send(sink);
        source.Send(sink);
        Eventually.True(() => sink.Counters.SentPoints > 0, "a point to be written");
        Thread.Sleep(50);
        Assert.NotEqual(source.Last, sink.Counters.SentPoints);

        var clock = Stopwatch.StartNew();
        Assert.True(sink.Stop(TimeSpan.FromSeconds(8)));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
        Assert.Empty(Rotated);
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(Live));
    }

    [Fact]
    public void Incomplete_line_of_a_killed_writer_is_moved_after_the_wait()
    {
        System.IO.File.WriteAllText(Live, "a v=1i 1\nb v=2");
        using FileSink sink = new(Options, _log);
        sink.Start();
        Eventually.True(() => Rotated.Length == 1 && System.IO.File.Exists(Live), "the file to be moved and a new one to be created");

        // The removal of the incomplete line changes both times, so compare the creation of the new file.
        Assert.Equal("a v=1i 1\n", System.IO.File.ReadAllText(Rotated[0]));
        Assert.True(Status(Live).Born - Status(Rotated[0]).Born >= TimeSpan.FromMilliseconds(100) - Tick);
    }

    /// <summary>A rename changes ctime (last change of the inode) but not mtime (last write).</summary>
    private static TimeSpan QuietBeforeRename(string path)
    {
        (DateTime written, DateTime changed, _) = Status(path);
        return changed - written;
    }

    private static (DateTime Written, DateTime Changed, DateTime Born) Status(string path)
    {
        string[] times = Command.Run("stat", "--format=%.9Y %.9Z %.9W", path).Split(' ');
        return (At(times[0]), At(times[1]), At(times[2]));
        static DateTime At(string seconds) => DateTime.UnixEpoch.AddTicks((long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(90)]
    public void Tailer_that_reopens_at_once_reads_every_line(int latencyMs)
    {
        NumberedSource source = new(batchBytes: 32 * 1024);
        // A longer time than the default one, because a busy machine can stop the tailer itself for a tenth of a second.
        using FileSink sink = new(Options with { RotateBytes = 100_000, RotateQuiet = TimeSpan.FromMilliseconds(600) }, _log);
        sink.Start();
        using ReopeningTailer tailer = new(Live, latencyMs);
        for (int pair = 0; pair < 16; pair++)
        {
            // Two cycles, one after the other. The second one makes the file due too.
            for (int i = 0; i < 4; i++) source.Send(sink, endsCycle: i is 1 or 3);
            Thread.Sleep(700);
        }
        Assert.True(sink.Stop(TimeSpan.FromSeconds(30)));
        tailer.Finish();

        Assert.True(Rotated.Length >= 10, $"{Rotated.Length} rotations");
        Assert.Equal(source.Last, tailer.Lines);
    }

    /// <summary>
    /// Like several real tailers, it opens the path again as soon as another file has the name, without reading the old file to
    /// its end. It counts lines.
    /// </summary>
    private sealed class ReopeningTailer : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _stopping;

        public ReopeningTailer(string path, int latencyMs)
        {
            _thread = new Thread(() => Run(path, latencyMs)) { IsBackground = true };
            _thread.Start();
        }

        public long Lines { get; private set; }

        public void Finish()
        {
            _stopping = true;
            _thread.Join();
        }

        public void Dispose() => Finish();

        private void Run(string path, int latencyMs)
        {
            SafeFileHandle? file = null;
            ulong inode = 0;
            long position = 0;
            byte[] block = new byte[64 * 1024];
            byte[] name = Encoding.UTF8.GetBytes(path + "\0");
            for (bool last = false; !last; Thread.Sleep(latencyMs))
            {
                last = _stopping;
                if (Libc.Statx(Libc.AT_FDCWD, name, out FileStatus status) < 0) continue;
                if (status.Inode != inode)
                {
                    file?.Dispose();
                    file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                    inode = status.Inode;
                    position = 0;
                }
                for (int n; (n = RandomAccess.Read(file!, block, position)) > 0; position += n) Lines += block.AsSpan(0, n).Count((byte)'\n');
            }
            file?.Dispose();
        }
    }
}
