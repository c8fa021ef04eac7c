using System.IO.Compression;
using System.Text;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Linux.Interop;

namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>The file sink on real file systems, beside a tailer that reads all the while.</summary>
public sealed class FileSinkTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);
    private readonly CapturingLogger _log = new();
    private readonly List<IDisposable> _cleanUp = [];

    public void Dispose()
    {
        _cleanUp.Reverse();
        foreach (IDisposable one in _cleanUp) one.Dispose();
    }

    private T Later<T>(T disposable) where T : IDisposable
    {
        _cleanUp.Add(disposable);
        return disposable;
    }

    private static FileSinkOptions Options(string path) => new()
    {
        Name = "test", Path = path, RetryInterval = TimeSpan.FromMilliseconds(10), QueueBytes = 64 << 20, RotateQuiet = TimeSpan.Zero,
    };

    private FileSink Start(FileSinkOptions options)
    {
        FileSink sink = Later(new FileSink(options, _log));
        sink.Start();
        return sink;
    }

    // Sleeps in between: the compressor runs at the lowest priority and would get no processor beside a spinning test.
    private static void Until(Func<bool> condition, string what) =>
        Assert.True(SpinWait.SpinUntil(() =>
        {
            if (condition()) return true;
            Thread.Sleep(1);
            return false;
        }, Long), what);

    private void UntilSent(ISink sink, NumberedSource source, long after = 0) =>
        Until(() => sink.Counters.SentPoints + sink.Counters.DroppedPoints == source.Last - after,
            $"sent {sink.Counters.SentPoints}, dropped {sink.Counters.DroppedPoints} of {source.Last - after}: {string.Join("; ", _log.Messages)}");

    private static string[] Rotated(string path) =>
        [.. Directory.GetFiles(Path.GetDirectoryName(path)!).Where(name => name.StartsWith(path + ".", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static List<long> ReadAll(string path) =>
        [.. Rotated(path).Append(path).SelectMany(NumberedSource.ReadFile)];

    // ---- a full disk

    [Theory]
    [InlineData("size=64k")]
    [InlineData("size=64k,huge=never")]
    public void Disk_full_within_a_line_leaves_whole_lines_and_loses_nothing(string mount)
    {
        TemporaryDirectory disk = Later(TemporaryDirectory.OnTmpfs(mount));
        string path = disk["metrics.lp"];
        System.IO.File.WriteAllBytes(disk["filler"], new byte[33 * 1024]);
        FileSink sink = Start(Options(path) with { RotateBytes = 0 });
        Tailer tailer = Later(new Tailer(path));
        NumberedSource source = new(batchBytes: 20 * 1024);

        source.Send(sink);
        UntilSent(sink, source);
        source.Send(sink);
        source.Send(sink);
        Until(() => sink.Counters.Errors >= 20, "the disk did not fill up");
        long size = new FileInfo(path).Length;
        List<long> whileFull = NumberedSource.ReadFile(path);
        Assert.True(whileFull.Count > 0 && size > 20 * 1024);
        Assert.Equal(sink.Counters.SentPoints, whileFull.Count);
        Assert.Equal(1, _log.Count("cannot write"));
        Assert.Equal(0, _log.Count("works again"));

        System.IO.File.Delete(disk["filler"]);
        UntilSent(sink, source);
        tailer.Finish();
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(path));
        Assert.Equal(source.Numbers, tailer.Lines.Select(line => line.Number));
        Assert.Empty(tailer.Torn);
        Assert.Equal(0, sink.Counters.DroppedPoints);
        Assert.True(sink.Counters.Retries > 0);
        Assert.Equal(1, _log.Count("works again"));
    }

    [Fact]
    public void Disk_full_repeatedly_under_load_never_shows_incomplete_line()
    {
        TemporaryDirectory disk = Later(TemporaryDirectory.OnTmpfs("size=256k"));
        string path = disk["metrics.lp"];
        FileSink sink = Start(Options(path) with { RotateBytes = 40 * 1024, RotateKeep = 1, QueueBytes = 1 << 20 });
        Tailer tailer = Later(new Tailer(path));
        NumberedSource source = new(batchBytes: 10 * 1024);
        for (int round = 0; round < 50; round++)
        {
            try
            {
                System.IO.File.WriteAllBytes(disk["filler"], new byte[240 * 1024]);
            }
            catch (IOException)
            {
            }
            for (int i = 0; i < 4; i++) source.Send(sink);
            Thread.Sleep(5);
            System.IO.File.Delete(disk["filler"]);
            UntilSent(sink, source);
        }
        tailer.Finish();

        Assert.True(sink.Counters.Errors + sink.Counters.RotationErrors > 0);
        Assert.Empty(tailer.Torn);
        // Rotation within a round may be faster than the tailer, but what it has read is in order and without doubles.
        Assert.Equal(tailer.Lines.Select(line => line.Number).Distinct().Order(), tailer.Lines.Select(line => line.Number));
        Assert.Equal(source.Last, sink.Counters.SentPoints);
        List<long> left = ReadAll(path);
        Assert.Equal(source.Numbers.Skip((int)source.Last - left.Count), left);
    }

    [Fact]
    public void Disk_full_permanently_drops_and_counts_oldest_batches()
    {
        TemporaryDirectory disk = Later(TemporaryDirectory.OnTmpfs("size=64k"));
        string path = disk["metrics.lp"];
        System.IO.File.WriteAllBytes(disk["filler"], new byte[60 * 1024]);
        FileSink sink = Start(Options(path) with { QueueBytes = 16 * 1024 });
        NumberedSource source = new(batchBytes: 4096);
        for (int i = 0; i < 50; i++) source.Send(sink);
        Until(() => sink.Counters.DroppedPoints > 0 && sink.Counters.Errors > 3, "nothing dropped");
        Assert.True(sink.Counters.QueuedBytes <= 16 * 1024);

        System.IO.File.Delete(disk["filler"]);
        UntilSent(sink, source);
        List<long> numbers = NumberedSource.ReadFile(path);
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.Equal(sink.Counters.SentPoints, numbers.Count);
        Assert.Equal(source.Last, numbers[^1]);
        Until(() => _log.Count("queue was full") == 1, "the dropped points were not logged");
    }

    [Fact]
    public void Append_only_file_gets_its_cut_line_completed()
    {
        TemporaryDirectory disk = Later(TemporaryDirectory.OnTmpfs("size=64k"));
        string path = disk["metrics.lp"];
        FileLocation location = new(path);
        using LineFile file = LineFile.Open(location, 0b110_100_000, DateTime.UtcNow, out _)!;
        System.IO.File.WriteAllBytes(disk["filler"], new byte[50 * 1024]);
        SetAppendOnly(path, true);
        byte[] lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(i => $"{i} " + new string('x', 95) + "\n")));

        Assert.Equal(-Errno.ENOSPC, file.Append(lines, out int first));
        long size = new FileInfo(path).Length;
        Assert.True(size > first, "the kernel cut at the end of a line by chance");
        Assert.True(file.IsMidLine);

        System.IO.File.Delete(disk["filler"]);
        Assert.Equal(0, file.Append(lines.AsSpan(first), out int second));
        SetAppendOnly(path, false);
        Assert.Equal(lines.Length, first + second);
        Assert.Equal(lines, ReadBytes(path));
    }

    private static void SetAppendOnly(string path, bool on)
    {
        using var chattr = System.Diagnostics.Process.Start("chattr", [on ? "+a" : "-a", path]);
        chattr.WaitForExit();
        Assert.Equal(0, chattr.ExitCode);
    }

    private static byte[] ReadBytes(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    // ---- what a killed writer left

    [Fact]
    public void Incomplete_line_at_end_is_removed_and_new_file_started()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        System.IO.File.WriteAllText(path, "a v=1i 1\nb v=2i 2\nc v=3");
        ulong inode = InodeOf(path);
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink, lines: 3);
        UntilSent(sink, source);

        Assert.Equal(source.Numbers, NumberedSource.ReadFile(path));
        Assert.NotEqual(inode, InodeOf(path));
        string aside = Assert.Single(Rotated(path));
        Assert.Equal("a v=1i 1\nb v=2i 2\n", System.IO.File.ReadAllText(aside));
        Assert.Equal(inode, InodeOf(aside));
        Assert.Equal(1, _log.Count("incomplete line of 5 bytes"));
    }

    [Fact]
    public void File_ending_in_whole_line_is_continued()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        System.IO.File.WriteAllText(path, "a v=1i 1\n");
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink, lines: 1);
        UntilSent(sink, source);

        Assert.StartsWith("a v=1i 1\nnumbered,", Encoding.ASCII.GetString(ReadBytes(path)));
        Assert.Empty(Rotated(path));
    }

    [Fact]
    public void File_without_line_end_is_renamed_unchanged()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        System.IO.File.WriteAllText(path, "somebody's only copy");
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink, lines: 1);
        UntilSent(sink, source);

        Assert.Equal("somebody's only copy", System.IO.File.ReadAllText(Assert.Single(Rotated(path))));
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(path));
    }

    [Fact]
    public void File_that_cannot_be_renamed_is_truncated_in_place()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        System.IO.File.WriteAllText(path, "a v=1i 1\nb v=2");
        directory.MountOverItself(path);
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink, lines: 1);
        UntilSent(sink, source);

        string[] lines = Encoding.ASCII.GetString(ReadBytes(path)).Split('\n');
        Assert.Equal("a v=1i 1", lines[0]);
        Assert.Null(NumberedLine.Check(lines[1], out _, out _));
        Assert.Equal(1, _log.Count("cut off in place"));
        sink.Dispose();
    }

    [Fact]
    public void Tailer_never_joins_incomplete_line_with_another()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        byte[] line = new byte[2000];
        int length = NumberedLine.Write(line, 777, 1);
        byte[] half = new byte[2000];
        NumberedLine.Write(half, 777, 12345);
        System.IO.File.WriteAllBytes(path, [.. line[..length], .. half[..60]]);
        Tailer tailer = Later(new Tailer(path));
        tailer.CatchUp();
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink);
        UntilSent(sink, source);
        tailer.Finish();

        Assert.Empty(tailer.Torn);
        Assert.Equal(source.Numbers.Select(number => (1, number)).Prepend((777, 1)), tailer.Lines);
    }

    // ---- others who move, empty, remove

    [Fact]
    public void Logrotate_rename_without_signal_loses_nothing()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        FileSink sink = Start(Options(path));
        Tailer tailer = Later(new Tailer(path));
        NumberedSource source = new();
        Until(() => System.IO.File.Exists(path), "not made");
        for (int i = 1; i <= 20; i++)
        {
            source.Send(sink);
            source.Send(sink);
            System.IO.File.Move(path, directory["old." + i.ToString("d2")]);
            // As logrotate's `create` does in every second turn: it empties nothing that is there already.
            if (i % 2 == 0) new FileStream(path, FileMode.OpenOrCreate).Dispose();
            source.Send(sink);
            UntilSent(sink, source);
        }

        IEnumerable<long> all = Directory.GetFiles(directory.Path, "old.*").Order().Append(path).SelectMany(NumberedSource.ReadFile);
        Assert.Equal(source.Numbers, all);
        tailer.Finish();
        Assert.Empty(tailer.Torn);
    }

    [Fact]
    public void Reopen_after_rename_leaves_old_file_at_once()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        Until(() => System.IO.File.Exists(path), "not made");
        for (int i = 1; i <= 20; i++)
        {
            source.Send(sink);
            System.IO.File.Move(path, directory["old." + i.ToString("d2")]);
            sink.Reopen();
            Until(() => System.IO.File.Exists(path), "the file was not created again without a write");
            source.Send(sink);
            UntilSent(sink, source);
        }

        IEnumerable<long> all = Directory.GetFiles(directory.Path, "old.*").Order().Append(path).SelectMany(NumberedSource.ReadFile);
        Assert.Equal(source.Numbers, all);
        Assert.Equal(0, sink.Counters.Errors);
    }

    [Fact]
    public void Copytruncate_continues_at_start_without_a_hole()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink);
        UntilSent(sink, source);
        System.IO.File.Copy(path, directory["copy"]);
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(0);
        source.Send(sink);
        UntilSent(sink, source);

        Assert.Equal(source.Numbers, [.. NumberedSource.ReadFile(directory["copy"]), .. NumberedSource.ReadFile(path)]);
    }

    [Fact]
    public void Incomplete_line_of_another_process_is_not_continued()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink, lines: 2);
        UntilSent(sink, source);
        System.IO.File.AppendAllText(path, "half");
        source.Send(sink, lines: 2);
        UntilSent(sink, source);

        Assert.Equal(source.Numbers, ReadAll(path));
    }

    [Fact]
    public void Directory_moved_is_logged_once_and_awaited()
    {
        TemporaryDirectory root = Later(new TemporaryDirectory());
        string directory = root.MakeDirectory("log");
        string path = Path.Combine(directory, "metrics.lp");
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink);
        UntilSent(sink, source);

        Directory.Move(directory, root["away"]);
        source.Send(sink);
        source.Send(sink);
        Until(() => sink.Counters.Errors >= 10, "not noticed");
        Assert.False(Directory.Exists(directory));
        Assert.Equal(1, _log.Count("its directory is missing"));

        Directory.Move(root["away"], directory);
        UntilSent(sink, source);
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(path));
        Until(() => _log.Count("works again") == 1, "the recovery was not logged");
    }

    [Fact]
    public void Directory_recreated_gets_a_new_file()
    {
        TemporaryDirectory root = Later(new TemporaryDirectory());
        string directory = root.MakeDirectory("log");
        string path = Path.Combine(directory, "metrics.lp");
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink);
        UntilSent(sink, source);
        long before = source.Last;

        Directory.Delete(directory, recursive: true);
        source.Send(sink);
        Until(() => sink.Counters.Errors > 0, "not noticed");
        root.MakeDirectory("log");
        UntilSent(sink, source);
        Assert.Equal(source.Numbers.Where(number => number > before), NumberedSource.ReadFile(path));
    }

    [Fact]
    public void Directory_missing_at_start_is_created_without_parents()
    {
        TemporaryDirectory root = Later(new TemporaryDirectory());
        NumberedSource source = new();
        FileSink sink = Start(Options(root["made/metrics.lp"]));
        source.Send(sink);
        UntilSent(sink, source);
        Assert.Equal(0, Mono.Unix.Native.Syscall.stat(root["made"], out Mono.Unix.Native.Stat status));
        Assert.Equal(0b111_101_000u, (uint)status.st_mode & 0xFFF);

        FileSink deep = Start(Options(root["not/made/metrics.lp"]));
        new NumberedSource().Send(deep);
        Until(() => deep.Counters.Errors > 2, "made");
        Assert.False(Directory.Exists(root["not"]));
    }

    [Fact]
    public void Read_only_file_system_is_logged_once_and_awaited()
    {
        TemporaryDirectory disk = Later(TemporaryDirectory.OnTmpfs("size=1m"));
        string path = disk["metrics.lp"];
        disk.MakeReadOnly(true);
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink);
        Until(() => sink.Counters.Errors >= 5, "not noticed");
        Assert.Equal(1, _log.Count("Read-only file system"));
        disk.MakeReadOnly(false);
        UntilSent(sink, source);
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(path));
    }

    // ---- what is not a file of ours

    [Theory]
    [InlineData("/dev/full")]
    [InlineData("/dev/null")]
    [InlineData("/")]
    public void Path_of_other_than_regular_file_is_refused(string path)
    {
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink);
        Until(() => sink.Counters.Errors >= 3, "taken");
        Assert.Equal(0, sink.Counters.SentPoints);
        Assert.Equal(1, _log.Count("not a regular file"));
    }

    [Fact]
    public void Symbolic_link_and_pipe_are_refused_without_blocking()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        System.IO.File.WriteAllText(directory["target"], "half a line of somebody");
        System.IO.File.CreateSymbolicLink(directory["link"], directory["target"]);
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(directory["pipe"], Mono.Unix.Native.FilePermissions.S_IRUSR));
        foreach (string name in (string[])["link", "pipe"])
        {
            FileSink sink = Start(Options(directory[name]));
            new NumberedSource().Send(sink);
            Until(() => sink.Counters.Errors >= 3, name + " taken");
            Assert.Equal(0, sink.Counters.SentPoints);
        }
        Assert.Equal((1, 1), (_log.Count("it is a symbolic link"), _log.Count("not a regular file")));
        Assert.Equal("half a line of somebody", System.IO.File.ReadAllText(directory["target"]));
    }

    [Fact]
    public void Second_agent_is_refused_until_first_has_ended()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        FileSink first = Start(Options(path));
        NumberedSource source = new();
        source.Send(first);
        UntilSent(first, source);
        CapturingLogger firstLog = _log;

        FileSink second = Start(Options(path));
        NumberedSource other = new(writer: 2);
        other.Send(second);
        Until(() => second.Counters.Errors >= 3, "not refused");
        Assert.Equal(1, firstLog.Count("has locked it"));
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(path));

        Assert.True(first.Stop(Long));
        UntilSent(second, other);
        Assert.Equal([.. source.Numbers, .. other.Numbers], NumberedSource.ReadFile(path));
    }

    [Fact]
    public void Dotnet_reader_with_default_sharing_does_not_block_the_sink()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        System.IO.File.WriteAllText(path, "");
        using FileStream reader = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        FileSink sink = Start(Options(path));
        NumberedSource source = new();
        source.Send(sink);
        UntilSent(sink, source);
        Assert.Equal(source.Numbers, NumberedSource.Read(System.IO.File.ReadAllText(path)));
    }

    // ---- permissions

    [Fact]
    public void New_file_has_mode_regardless_of_umask_and_owner_and_group()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        FileSink sink = Start(Options(path) with { Mode = 0b110_110_100, Owner = "daemon", Group = "12345" });
        NumberedSource source = new();
        source.Send(sink);
        UntilSent(sink, source);

        Assert.Equal(0, Mono.Unix.Native.Syscall.stat(path, out Mono.Unix.Native.Stat status));
        Assert.Equal((0b110_110_100u, 1u, 12345u), ((uint)status.st_mode & 0xFFF, status.st_uid, status.st_gid));
    }

    [Fact]
    public void Unknown_owner_is_logged_and_lines_are_written()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        FileSink sink = Start(Options(directory["metrics.lp"]) with { Owner = "nobody-of-that-name" });
        NumberedSource source = new();
        source.Send(sink);
        UntilSent(sink, source);
        Assert.Equal(1, _log.Count("there is no user 'nobody-of-that-name'"));
        Assert.Equal(1, sink.Counters.Errors);
    }

    // ---- rotation

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rotation_under_load_keeps_every_line_once_in_order(bool gzip)
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        const int MaxBytes = 100_000;
        FileSink sink = Start(Options(path) with { RotateBytes = MaxBytes, RotateKeep = 1000, RotateGzip = gzip });
        Tailer tailer = Later(new Tailer(path));
        NumberedSource source = new();
        for (int i = 0; i < 100; i++) source.Send(sink);
        UntilSent(sink, source);
        tailer.Finish();
        if (gzip) Until(() => Rotated(path).All(name => name.EndsWith(".gz")), "not compressed");

        List<long> numbers = [];
        foreach (string rotated in Rotated(path))
        {
            using FileStream file = System.IO.File.OpenRead(rotated);
            using Stream lines = gzip ? new GZipStream(file, CompressionMode.Decompress) : file;
            string text = new StreamReader(lines).ReadToEnd();
            Assert.InRange(text.Length, 63 * 1024, MaxBytes);
            numbers.AddRange(NumberedSource.Read(text));
        }
        numbers.AddRange(NumberedSource.ReadFile(path));
        Assert.Equal(source.Numbers, numbers);
        Assert.True(Rotated(path).Length >= 50);
        tailer.Finish();
        Assert.Empty(tailer.Torn);
        Assert.Equal((0, 0), (sink.Counters.Errors, sink.Counters.RotationErrors));
    }

    [Fact]
    public void Rotation_keeps_configured_number_and_no_other_file_changes()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        string[] others = [directory["metrics.lp.1"], directory["metrics.lp.2.gz"], directory["metrics.lp.bak"], directory["x.lp.20200101T000000.000Z"]];
        foreach (string other in others) System.IO.File.WriteAllText(other, "keep");
        FileSink sink = Start(Options(path) with { RotateBytes = 20_000, RotateKeep = 3 });
        NumberedSource source = new();
        for (int i = 0; i < 20; i++) source.Send(sink);
        UntilSent(sink, source);
        sink.Stop(Long);

        Assert.All(others, other => Assert.Equal("keep", System.IO.File.ReadAllText(other)));
        string[] rotated = [.. Rotated(path).Except(others)];
        Assert.Equal(3, rotated.Length);
        List<long> left = [.. rotated.Append(path).SelectMany(NumberedSource.ReadFile)];
        Assert.Equal(source.Numbers.Skip((int)source.Last - left.Count), left);
    }

    [Fact]
    public void Leftovers_of_killed_compression_are_removed_at_start()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        System.IO.File.WriteAllText(directory["metrics.lp.20260101T000000.000Z"], "a v=1i 1\n");
        System.IO.File.WriteAllText(directory["metrics.lp.20260101T000000.000Z.gz.tmp"], "rubbish");
        System.IO.File.WriteAllText(directory["metrics.lp.20260102T000000.000Z"], "b v=1i 1\n");
        using (GZipStream gzip = new(System.IO.File.Create(directory["metrics.lp.20260102T000000.000Z.gz"]), CompressionLevel.Fastest))
            gzip.Write("b v=1i 1\n"u8);
        Start(Options(path) with { RotateGzip = true });

        Until(() => Rotated(path).SequenceEqual([directory["metrics.lp.20260101T000000.000Z.gz"], directory["metrics.lp.20260102T000000.000Z.gz"]]),
            $"left: {string.Join(' ', Rotated(path))}; {string.Join("; ", _log.Messages)}");
        string[] contents = [.. Rotated(path).Select(rotated => new StreamReader(new GZipStream(System.IO.File.OpenRead(rotated), CompressionMode.Decompress)).ReadToEnd())];
        Assert.Equal(["a v=1i 1\n", "b v=1i 1\n"], contents);
    }

    [Fact]
    public void Incomplete_line_in_newest_rotated_file_is_removed_at_start()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        System.IO.File.WriteAllText(directory["metrics.lp.20260101T000000.000Z"], "a v=1i 1\nb v=");
        System.IO.File.WriteAllText(directory["metrics.lp.20260102T000000.000Z"], "c v=1i 1\nd v=");
        FileSink sink = Start(Options(directory["metrics.lp"]));
        NumberedSource source = new();
        source.Send(sink, lines: 1);
        UntilSent(sink, source);
        Assert.Equal("c v=1i 1\n", System.IO.File.ReadAllText(directory["metrics.lp.20260102T000000.000Z"]));
        // Older ones are none of our doing.
        Assert.Equal("a v=1i 1\nb v=", System.IO.File.ReadAllText(directory["metrics.lp.20260101T000000.000Z"]));
    }

    [Fact]
    public void Compressed_file_keeps_mode_and_owner()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        FileSink sink = Start(Options(path) with { RotateBytes = 20_000, RotateGzip = true, Mode = 0b110_100_100, Group = "daemon" });
        NumberedSource source = new();
        source.Send(sink);
        source.Send(sink);
        UntilSent(sink, source);

        // All of them: the compressor goes on after a sink that is disposed of, and would write while the directory is removed.
        Until(() => Rotated(path) is { Length: > 0 } rotated && rotated.All(name => name.EndsWith(".gz")), "not compressed");
        Mono.Unix.Native.Syscall.stat(Rotated(path).First(name => name.EndsWith(".gz")), out Mono.Unix.Native.Stat status);
        Assert.Equal((0b110_100_100u, 1u), ((uint)status.st_mode & 0xFFF, status.st_gid));
    }

    [Fact]
    public void Rotation_failure_is_counted_and_file_continues()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        System.IO.File.WriteAllText(path, "");
        directory.MountOverItself(path);
        FileSink sink = Start(Options(path) with { RotateBytes = 30_000 });
        NumberedSource source = new();
        source.Send(sink);
        source.Send(sink);
        UntilSent(sink, source);

        Assert.True(sink.Counters.RotationErrors > 0);
        Assert.Equal(0, sink.Counters.Errors);
        Assert.Equal(1, _log.Count("cannot rotate"));
        Assert.Equal(source.Numbers, NumberedSource.ReadFile(path));
        sink.Dispose();
    }

    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Shift;
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }

    [Fact]
    public void Rotation_age_counts_from_creation_across_restarts()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["metrics.lp"];
        ShiftedClock clock = new();
        FileSinkOptions options = Options(path) with { RotateAge = TimeSpan.FromHours(1) };
        NumberedSource source = new();
        for (int i = 0; i < 2; i++)
        {
            using FileSink sink = new(options, _log, clock);
            SendAndStop(sink);
            Assert.Empty(Rotated(path));
            clock.Shift += TimeSpan.FromMinutes(40);
        }
        using (FileSink sink = new(options, _log, clock))
        {
            SendAndStop(sink);
        }
        Assert.Single(Rotated(path));
        Assert.Equal(source.Numbers, ReadAll(path));

        void SendAndStop(FileSink sink)
        {
            long before = source.Last;
            sink.Start();
            source.Send(sink);
            // A process that a test beside this one just starts has the former sink's lock too until its program runs. That
            // is tried again, but not any more once the sink is stopped.
            UntilSent(sink, source, before);
            Assert.True(sink.Stop(Long));
        }
    }

    private static ulong InodeOf(string path)
    {
        Assert.Equal(0, Libc.Statx(Libc.AT_FDCWD, FileLocation.WithNul(path), out FileStatus status));
        return status.Inode;
    }
}
