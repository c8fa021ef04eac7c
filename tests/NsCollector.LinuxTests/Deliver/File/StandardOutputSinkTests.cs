using Mono.Unix.Native;
using NsCollector.Deliver.File;

namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>The standard output sink on real pipes.</summary>
public sealed class StandardOutputSinkTests : IDisposable
{
    // FD_CLOEXEC of fcntl(2).
    private const int CloseOnExec = 1;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);
    private readonly CapturingLogger _log = new();
    private readonly List<StandardOutputSink> _sinks = [];
    private int _readEnd, _writeEnd;

    public StandardOutputSinkTests()
    {
        Assert.Equal(0, Syscall.pipe(out _readEnd, out _writeEnd));
        // Or what other tests start would hold it open, and its end would not be seen before theirs.
        foreach (int end in (int[])[_readEnd, _writeEnd]) Assert.Equal(0, Syscall.fcntl(end, FcntlCommand.F_SETFD, CloseOnExec));
    }

    public void Dispose()
    {
        // A sink that was stopped in vain looks once more within 100 ms: by then the number may be another test's pipe, which
        // it would write to.
        foreach (StandardOutputSink sink in _sinks) sink.Stop(Long);
        Syscall.close(_readEnd);
        Syscall.close(_writeEnd);
    }

    private StandardOutputSink Start(long queueBytes = 64 << 20)
    {
        FileSinkOptions options = new() { Name = "out", Path = "-", QueueBytes = queueBytes, RetryInterval = TimeSpan.FromMilliseconds(10) };
        StandardOutputSink sink = new(options, _log, TimeProvider.System, _writeEnd);
        sink.Start();
        _sinks.Add(sink);
        return sink;
    }

    private Task<string> ReadAll(int pauseMilliseconds = 0) => Task.Factory.StartNew(() =>
    {
        using FileStream pipe = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(_readEnd, ownsHandle: false), FileAccess.Read, 0);
        System.Text.StringBuilder all = new();
        byte[] block = new byte[3000];
        int n;
        while ((n = pipe.Read(block)) > 0)
        {
            all.Append(System.Text.Encoding.Latin1.GetString(block, 0, n));
            if (pauseMilliseconds > 0) Thread.Sleep(pauseMilliseconds);
        }
        return all.ToString();
    }, TaskCreationOptions.LongRunning);

    private static void Until(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, Long), what);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slow_reader_of_pipe_gets_every_line(bool nonBlocking)
    {
        if (nonBlocking) Assert.Equal(0, Syscall.fcntl(_writeEnd, FcntlCommand.F_SETFL, (int)(OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK)));
        using StandardOutputSink sink = Start();
        NumberedSource source = new();
        for (int i = 0; i < 6; i++) source.Send(sink);
        Task<string> read = ReadAll(pauseMilliseconds: 1);
        Assert.True(sink.Stop(Long));
        Syscall.close(_writeEnd);
        _writeEnd = -1;

        Assert.Equal(source.Numbers, NumberedSource.Read(await read));
        Assert.Equal(source.Last, sink.Counters.SentPoints);
        Assert.Equal((0, 0), (sink.Counters.DroppedPoints, sink.Counters.QueuedBytes));
    }

    [Fact]
    public async Task Stalled_reader_drops_old_batches_without_blocking_producer()
    {
        using StandardOutputSink sink = Start(queueBytes: 256 * 1024);
        NumberedSource source = new();
        for (int i = 0; i < 100; i++) source.Send(sink);
        Assert.True(sink.Counters.DroppedPoints > 0);
        Assert.True(sink.Counters.QueuedBytes <= 256 * 1024);

        Task<string> read = ReadAll();
        Assert.True(sink.Stop(Long));
        Syscall.close(_writeEnd);
        _writeEnd = -1;
        List<long> numbers = NumberedSource.Read(await read);
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.Equal(sink.Counters.SentPoints, numbers.Count);
        Assert.Equal(source.Last, sink.Counters.SentPoints + sink.Counters.DroppedPoints);
    }

    [Fact]
    public void Stop_with_stalled_reader_of_blocking_pipe_ends_in_time()
    {
        using StandardOutputSink sink = Start();
        NumberedSource source = new();
        for (int i = 0; i < 10; i++) source.Send(sink);
        Until(() => sink.Counters.QueuedBytes > 0, "nothing");

        Assert.False(sink.Stop(TimeSpan.FromMilliseconds(300)));
        Assert.Equal(source.Last, sink.Counters.SentPoints + sink.Counters.DroppedPoints);
        Assert.Equal(0, sink.Counters.QueuedBytes);
    }

    [Fact]
    public async Task Pipe_after_incomplete_stop_has_whole_lines_only()
    {
        using StandardOutputSink sink = Start();
        NumberedSource source = new();

        // Or the pipe would be full at the end of the first large batch, which is the end of a line in any case.
        source.Send(sink, lines: 3);
        for (int i = 0; i < 10; i++) source.Send(sink);
        Assert.False(sink.Stop(TimeSpan.FromMilliseconds(300)));
        sink.Stop(Long);
        Syscall.close(_writeEnd);
        _writeEnd = -1;

        List<long> numbers = NumberedSource.Read(await ReadAll());
        Assert.Equal(source.Numbers.Take(numbers.Count), numbers);
        Assert.InRange(numbers.Count, 1, source.Last - 1);
    }

    [Fact]
    public void Reader_gone_stops_the_sink_but_not_the_process()
    {
        using StandardOutputSink sink = Start();
        NumberedSource source = new();
        for (int i = 0; i < 10; i++) source.Send(sink);
        Syscall.close(_readEnd);
        _readEnd = -1;

        Until(() => sink.Counters.SentPoints + sink.Counters.DroppedPoints == source.Last, "still waiting");
        Assert.True(sink.IsReaderGone);
        source.Send(sink);
        Assert.Equal(source.Last, sink.Counters.SentPoints + sink.Counters.DroppedPoints);
        Until(() => _log.Count("reader of standard output is gone") == 1, "the message was not logged");
    }
}
