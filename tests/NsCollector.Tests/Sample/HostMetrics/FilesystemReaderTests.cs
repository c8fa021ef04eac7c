using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics.Filesystems;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.HostMetrics;

/// <summary>File systems that do not answer. The mounts are of a file that looks like mountinfo.</summary>
public sealed class FilesystemReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _log = new();
    private readonly ManualResetEventSlim _answers = new();
    private readonly RowTable _rows = RowTable.Of(SamplePart.HostFilesystems);
    private readonly FilesystemReader _reader;
    private string _hanging = "";

    public FilesystemReaderTests()
    {
        string path = _directory.Write("mountinfo", string.Concat(Enumerable.Range(1, 6).Select(i => $"{i} 0 0:{i} / /m{i} rw - tmpfs t rw\n")));
        var log = new RateLimitedLog(_log);
        _reader = new FilesystemReader(new HostMounts(path, new MountSelection("/", [], 100), _counters, log), _counters, log, Ask);
    }

    public void Dispose()
    {
        _answers.Set();
        _reader.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Collect_has_a_row_for_each_file_system_in_each_round()
    {
        for (int round = 0; round < 3; round++) Assert.Equal("/m1 /m2 /m3 /m4 /m5 /m6", Round());
        Assert.Equal((600, 400, 300), (_rows[5].Readings[Reading.HostFilesystemSizeBytes], _rows[5].Readings[Reading.HostFilesystemUsedBytes], _rows[5].Readings[Reading.HostFilesystemAvailableBytes]));
        Assert.False(_rows[5].Readings.Has(Reading.HostFilesystemInodes));
        Assert.Equal("tmpfs", Encoding.ASCII.GetString(_rows[5].MoreKey(1)));
    }

    [Fact]
    public void File_system_that_hangs_is_left_out_until_it_answers()
    {
        _hanging = "/m3";
        Assert.Equal("/m1 /m2", Round());
        Eventually.True(() => Round() == "/m1 /m2 /m4 /m5 /m6", "the others", patience: TimeSpan.FromSeconds(30));
        Assert.Equal(1, _counters[AgentCounter.FilesystemsHung]);
        Assert.Equal(1, _log.Count("The file system at /m3 has not answered"));
        Assert.Equal("/m1 /m2 /m4 /m5 /m6", Round());

        _hanging = "";
        _answers.Set();
        Eventually.True(() => Round() == "/m1 /m2 /m3 /m4 /m5 /m6", "all of them");
        Assert.Equal(1, _counters[AgentCounter.FilesystemsHung]);
    }

    [Fact]
    public void Nothing_is_asked_while_every_thread_hangs()
    {
        _hanging = "/m1 /m2 /m3 /m4 /m5 /m6";
        Eventually.True(
            () =>
            {
                Round();
                return _counters[AgentCounter.FilesystemsHung] == FilesystemReader.MaxThreads;
            },
            "every thread to hang", patience: TimeSpan.FromSeconds(60));
        Assert.Equal("", Round());
        _hanging = "";
        _answers.Set();
        Eventually.True(() => Round() == "/m1 /m2 /m3 /m4 /m5 /m6", "all of them");
    }

    [Fact]
    public void Remote_file_systems_that_hang_leave_a_thread_to_the_others()
    {
        File.WriteAllText(_directory["mountinfo"], string.Concat(Enumerable.Range(1, 6).Select(i => $"{i} 0 0:{i} / /m{i} rw - {(i < 6 ? "nfs4" : "ext4")} t rw\n")));
        _hanging = "/m1 /m2 /m3 /m4 /m5";
        Eventually.True(
            () =>
            {
                Round();
                return _counters[AgentCounter.FilesystemsHung] == FilesystemReader.MaxThreads - 1;
            },
            "all threads but one to hang", patience: TimeSpan.FromSeconds(60));
        for (int i = 0; i < 3; i++) Assert.Equal("/m6", Round());
        Assert.Equal(FilesystemReader.MaxThreads - 1, _counters[AgentCounter.FilesystemsHung]);
    }

    private string Round()
    {
        _rows.Clear();
        _reader.Begin();

        // One that hangs never ends the round.
        for (int i = 0; i < 100 && !_reader.IsIdle; i++) Thread.Sleep(5);
        _reader.Collect(_rows);
        return string.Join(' ', Enumerable.Range(0, _rows.Count).Select(i => Encoding.ASCII.GetString(_rows[i].Key)));
    }

    private int Ask(ReadOnlySpan<byte> path, out FileSystemSpace space)
    {
        string name = Encoding.ASCII.GetString(path[1..^1]);
        if (_hanging.Split(' ').Contains(name)) _answers.Wait();
        ulong number = (ulong)(name[2] - '0') * 100;
        space = new FileSystemSpace(number, 200, 300, 0, 0, false);
        return 0;
    }
}
