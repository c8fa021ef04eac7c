using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using NsCollector.Deliver;
using NsCollector.Deliver.Spool;
using NsCollector.Linux.Interop;

namespace NsCollector.LinuxTests.Deliver.Spool;

/// <summary>What waits for a server, on real file systems; what is on disk is read with gzip, not with our own code.</summary>
public sealed class SpoolQueueTests : IDisposable
{
    private readonly CapturingLogger _log = new();
    private readonly SinkCounters _counters = new();
    private readonly List<IDisposable> _cleanUp = [];
    private byte[] _buffer = [];
    private long _collected;

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

    private SpoolQueue Queue(string path, Func<SpoolOptions, SpoolOptions>? change = null, long memoryBytes = 1 << 20)
    {
        SpoolOptions options = new() { Path = path };
        options = change?.Invoke(options) ?? options;
        SpoolDirectory directory = new(Later(new SpoolLock(path)), "main", options.Sync);
        SpoolQueue queue = new("influx:main", options, directory, memoryBytes, _counters, _log, TimeProvider.System);
        queue.Open();
        return queue;
    }

    /// <summary>Gives a lock up, and waits until another may take it.</summary>
    private static void ReleaseLock(SpoolLock spoolLock)
    {
        spoolLock.Dispose();

        // It is the open file's: a process that a test beside this one just starts has it too until its program runs.
        Eventually.True(() => !spoolLock.IsHeld(), "the lock to be free");
    }

    /// <summary>Adds one spool file of numbered lines, as the writer does.</summary>
    private string Add(SpoolQueue queue, int points = 10)
    {
        StringBuilder text = new();
        for (int i = 0; i < points; i++) text.Append($"m,host=h v={++_collected}i {_collected}\n");
        using LinesGzip gzip = new();
        gzip.Append(Encoding.UTF8.GetBytes(text.ToString()));
        int lineBytes = gzip.LineBytes;
        _counters.Queued(lineBytes);
        queue.Add(gzip.Finish().Span, points, lineBytes);
        return text.ToString();
    }

    private SpoolEntry? TryDequeue(SpoolQueue queue) => queue.Dequeue(0, timeoutMs: 0, out _);

    private string Text(SpoolQueue queue, SpoolEntry entry)
    {
        Assert.Equal(SpoolReadResult.Whole, queue.Read(entry, ref _buffer, out ReadOnlyMemory<byte> bytes));
        using GZipStream stream = new(new MemoryStream(bytes.ToArray()), CompressionMode.Decompress);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private string TakeAll(SpoolQueue queue)
    {
        StringBuilder text = new();
        while (TryDequeue(queue) is { } entry)
        {
            text.Append(Text(queue, entry));
            _counters.Queued(-entry.UnacknowledgedBytes);
            queue.Complete(entry);
        }

        return text.ToString();
    }

    private static string[] Files(TemporaryDirectory directory) =>
        Directory.Exists(directory["spool/main"]) ? [.. Directory.GetFiles(directory["spool/main"]).Order(StringComparer.Ordinal)] : [];

    private static string Zcat(string path)
    {
        ProcessStartInfo start = new("gzip", ["-dc", path]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    [Theory]
    [InlineData(SpoolSync.Always)]
    [InlineData(SpoolSync.Interval)]
    [InlineData(SpoolSync.Never)]
    public void Add_writes_a_gzip_file_and_Complete_removes_it(SpoolSync sync)
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"], options => options with { Sync = sync });
        string first = Add(queue);
        string second = Add(queue);
        Assert.Equal([first, second], Files(directory).Select(Zcat));
        Assert.Equal(2, _counters.QueuedFiles);
        Assert.Equal(Files(directory).Sum(path => new FileInfo(path).Length), _counters.SpoolBytes);

        Assert.Equal(first + second, TakeAll(queue));
        Assert.Empty(Files(directory));
        Assert.Equal((0, 0, 0), (_counters.QueuedFiles, _counters.SpoolBytes, _counters.QueuedBytes));
        Assert.Equal(0, _counters.Errors);
    }

    [Fact]
    public void Open_adds_earlier_files_in_order_before_new_ones()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string all = "";
        SpoolQueue before = Queue(directory["spool"]);
        for (int i = 0; i < 12; i++) all += Add(before);
        SpoolEntry taken = TryDequeue(before)!;
        before.Requeue(taken);
        ReleaseLock((SpoolLock)_cleanUp[^1]);

        SinkCounters counters = new();
        SpoolDirectory again = new(Later(new SpoolLock(directory["spool"])), "main", SpoolSync.Always);
        SpoolQueue after = new("influx:main", new SpoolOptions(), again, 1 << 20, counters, _log, TimeProvider.System);
        after.Open();
        Assert.Equal(12, counters.QueuedFiles);
        Assert.Equal(all.Length, counters.QueuedBytes);
        after.SetServerDown(true);
        all += Add(after);
        Assert.Equal(all, TakeAll(after));
    }

    [Fact]
    public void Dequeue_live_files_come_before_delayed_backlog()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"]);
        queue.SetServerDown(true);
        string old = Add(queue);
        queue.SetServerDown(false);
        string fresh = Add(queue);

        SpoolEntry? first = queue.Dequeue(backlogDelayMs: 60_000, timeoutMs: 0, out bool isBacklog);
        Assert.Equal(fresh, Text(queue, first!));
        Assert.False(isBacklog);
        queue.Complete(first!);
        Assert.Null(queue.Dequeue(backlogDelayMs: 60_000, timeoutMs: 0, out _));
        SpoolEntry? second = queue.Dequeue(backlogDelayMs: 0, timeoutMs: 0, out isBacklog);
        Assert.Equal(old, Text(queue, second!));
        Assert.True(isBacklog);
    }

    [Fact]
    public void SetServerDown_makes_the_oldest_come_first()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"]);
        string all = "";
        for (int i = 0; i < 5; i++) all += Add(queue);
        SpoolEntry failed = TryDequeue(queue)!;
        queue.SetServerDown(true);
        queue.Requeue(failed);
        all += Add(queue);
        Assert.Equal(all, TakeAll(queue));
    }

    [Fact]
    public void Add_over_byte_limit_drops_and_counts_the_oldest()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"], options => options with { MaxBytes = 4096 });
        string all = "";
        for (int i = 0; i < 200; i++) all += Add(queue);
        string[] files = Files(directory);
        long onDisk = files.Sum(path => new FileInfo(path).Length);
        Assert.InRange(onDisk, 3000, 4096);
        string left = string.Concat(files.Select(Zcat));
        Assert.EndsWith(left, all, StringComparison.Ordinal);
        Assert.Equal(_collected - left.Count(c => c == '\n'), _counters.DroppedPoints);
        Assert.Equal(left.Length, _counters.QueuedBytes);
        Assert.Equal(1, _log.Count("points were dropped"));
    }

    [Fact]
    public void Add_over_file_limit_drops_the_oldest()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"], options => options with { MaxFiles = 3 });
        string[] texts = [.. Enumerable.Range(0, 5).Select(_ => Add(queue))];
        Assert.Equal(texts[2..], Files(directory).Select(Zcat));
        Assert.Equal(20, _counters.DroppedPoints);
    }

    [Fact]
    public void Age_limit_drops_old_files_regardless_of_clock_changes()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue before = Queue(directory["spool"]);
        Add(before);
        string young = Add(before);
        string future = Add(before);
        string[] files = Files(directory);
        System.IO.File.SetLastWriteTimeUtc(files[0], DateTime.UtcNow.AddDays(-8));
        System.IO.File.SetLastWriteTimeUtc(files[1], DateTime.UtcNow.AddDays(-6));
        System.IO.File.SetLastWriteTimeUtc(files[2], DateTime.UtcNow.AddDays(1));
        ReleaseLock((SpoolLock)_cleanUp[^1]);

        SpoolQueue after = Queue(directory["spool"]);
        Assert.Equal(files[1..], Files(directory));
        Assert.Equal(10, _counters.DroppedPoints);
        Assert.InRange(_counters.QueuedAge, TimeSpan.FromDays(6) - TimeSpan.FromMinutes(1), TimeSpan.FromDays(6) + TimeSpan.FromMinutes(1));
        Assert.Equal(young + future, TakeAll(after));
    }

    [Fact]
    public void Add_on_full_disk_waits_in_memory_until_there_is_room()
    {
        TemporaryDirectory directory = Later(TemporaryDirectory.OnTmpfs("size=128k"));
        System.IO.File.WriteAllBytes(directory["ballast"], new byte[116 * 1024]);
        SpoolQueue queue = Queue(directory["spool"]);
        string all = "";
        for (int i = 0; i < 20; i++) all += Add(queue);
        Assert.True(_counters[SinkFailure.Spool] > 0);
        Assert.InRange(Files(directory).Length, 1, 12);
        Assert.DoesNotContain(Files(directory), path => path.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Equal(0, _counters.DroppedPoints);
        Assert.Equal(20, _counters.QueuedFiles);
        Assert.Equal(1, _log.Count("cannot use the spool"));

        System.IO.File.Delete(directory["ballast"]);
        for (int i = 0; i < 5; i++) TakeOne(queue, ref all);
        all += Add(queue);
        Assert.Equal(all.Length, Files(directory).Sum(path => Zcat(path).Length));
        Assert.Equal(all, TakeAll(queue));
        Assert.Equal(1, _log.Count("works again"));
    }

    private void TakeOne(SpoolQueue queue, ref string all)
    {
        SpoolEntry entry = TryDequeue(queue)!;
        string text = Text(queue, entry);
        Assert.StartsWith(text, all, StringComparison.Ordinal);
        all = all[text.Length..];
        _counters.Queued(-entry.UnacknowledgedBytes);
        queue.Complete(entry);
    }

    [Fact]
    public void Add_with_disk_and_memory_full_drops_the_oldest_on_disk()
    {
        TemporaryDirectory directory = Later(TemporaryDirectory.OnTmpfs("size=64k"));
        System.IO.File.WriteAllBytes(directory["ballast"], new byte[40 * 1024]);
        SpoolQueue queue = Queue(directory["spool"], memoryBytes: 300);
        string all = "";
        for (int i = 0; i < 60; i++) all += Add(queue);
        Assert.True(_counters.DroppedPoints > 0);
        string left = TakeAll(queue);
        Assert.EndsWith(left, all, StringComparison.Ordinal);
        Assert.Equal(_collected, _counters.DroppedPoints + left.Count(c => c == '\n'));
        Assert.True(left.Count(c => c == '\n') >= 30, left.Length.ToString());
    }

    [Fact]
    public void Add_to_read_only_spool_stays_in_memory()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"]);
        string all = Add(queue);
        // Over it, not it: the kernel makes nothing read-only in which a file is open for writing.
        using (directory.CoverReadOnly(directory["spool"]))
        {
            all += Add(queue);
            Assert.Single(Files(directory));
        }

        all += Add(queue);
        Assert.Equal(3, Files(directory).Length);
        Assert.Equal(all, TakeAll(queue));
    }

    [Fact]
    public void Open_of_late_spool_puts_files_in_memory_after_found_ones()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        string path = directory["mount/spool"];
        SpoolQueue queue = Queue(path);
        string fresh = Add(queue);
        Assert.Equal(1, _counters.QueuedFiles);
        Assert.False(Directory.Exists(directory["mount"]));

        // As where the disk is mounted late.
        Directory.CreateDirectory(directory["mount/spool/main"]);
        using LinesGzip gzip = new();
        gzip.Append("m v=1i 1\n"u8);
        byte[] bytes = gzip.Finish().ToArray();
        SpoolFileName name = new(7, 1, 9, Crc32C.Of(bytes));
        System.IO.File.WriteAllBytes(directory["mount/spool/main/" + name], bytes);
        queue.SetServerDown(true);
        string later = Add(queue);
        Assert.Equal("m v=1i 1\n" + fresh + later, string.Concat(Directory.GetFiles(directory["mount/spool/main"]).Order(StringComparer.Ordinal).Select(Zcat)));
        Assert.Equal("m v=1i 1\n" + fresh + later, TakeAll(queue));
    }

    [Fact]
    public void Add_to_removed_spool_recreates_it_and_losses_are_counted()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"]);
        Add(queue);
        Directory.Delete(directory["spool"], recursive: true);
        string fresh = Add(queue);
        Assert.Single(Files(directory));
        Assert.True(System.IO.File.Exists(directory["spool/lock"]));

        SpoolEntry gone = TryDequeue(queue)!;
        Assert.Equal(SpoolReadResult.Missing, queue.Read(gone, ref _buffer, out _));
        queue.DropMissing(gone);
        Assert.Equal(10, _counters.DroppedPoints);
        Assert.Equal(fresh, TakeAll(queue));
        Assert.Equal(0, _counters.QueuedBytes);
    }

    [Fact]
    public void Read_detects_damaged_file_and_SetAside_renames_it()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"]);
        for (int i = 0; i < 4; i++) Add(queue);
        string whole = Add(queue);
        string[] files = Files(directory);
        using (FileStream cut = System.IO.File.OpenWrite(files[0])) cut.SetLength(cut.Length - 1);
        using (FileStream flipped = System.IO.File.Open(files[1], FileMode.Open))
        {
            flipped.Position = 20;
            int was = flipped.ReadByte();
            flipped.Position = 20;
            flipped.WriteByte((byte)(was ^ 1));
        }

        byte[] noise = new byte[50_000];
        new Random(1).NextBytes(noise);
        System.IO.File.WriteAllBytes(files[2], noise);
        System.IO.File.Delete(files[3]);
        System.IO.File.CreateSymbolicLink(files[3], "/dev/zero");

        for (int i = 0; i < 4; i++)
        {
            SpoolEntry entry = TryDequeue(queue)!;
            Assert.Equal(SpoolReadResult.Damaged, queue.Read(entry, ref _buffer, out _));
            queue.SetAside(entry, SpoolFileName.DamagedSuffix, "of the test");
        }

        Assert.Equal(4, _counters[SinkFailure.SpoolDamaged]);
        Assert.Equal(40, _counters.DroppedPoints);
        Assert.Equal(files[..4].Select(path => path + ".damaged"), Files(directory).Where(path => path.EndsWith(".damaged", StringComparison.Ordinal)));
        Assert.Equal(whole, TakeAll(queue));
    }

    [Fact]
    public void SetAside_keeps_configured_number_of_damaged_files()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue queue = Queue(directory["spool"], options => options with { KeepDamaged = 2 });
        for (int i = 0; i < 5; i++) Add(queue);
        string[] files = Files(directory);
        while (TryDequeue(queue) is { } entry) queue.SetAside(entry, SpoolFileName.DamagedSuffix, "of the test");
        Assert.Equal(files[3..].Select(path => path + ".damaged"), Files(directory));
    }

    [Fact]
    public void Open_removes_unfinished_files_and_keeps_foreign_ones()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        Directory.CreateDirectory(directory["spool/main"]);
        System.IO.File.WriteAllText(directory["spool/main/17.tmp"], "half");
        System.IO.File.WriteAllText(directory["spool/main/notes.lp.gz"], "not ours");
        System.IO.File.WriteAllText(directory["spool/main/README"], "not ours");
        SpoolQueue queue = Queue(directory["spool"]);
        Assert.Equal(["README", "notes.lp.gz"], Files(directory).Select(path => Path.GetFileName(path)));
        Assert.Equal(0, _counters.QueuedFiles);
        Assert.Null(TryDequeue(queue));
    }

    [Fact]
    public void Lock_excludes_second_agent_until_first_has_ended()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolLock first = Later(new SpoolLock(directory["spool"]));
        SpoolLock second = Later(new SpoolLock(directory["spool"]));
        Assert.Equal(0, first.Ensure());
        Assert.Equal(0, first.Ensure());
        Assert.True(second.IsHeld());
        Assert.Equal(-Errno.EAGAIN, second.Ensure());
        Assert.Equal(Environment.ProcessId, second.HolderPid());
        ReleaseLock(first);
        Assert.False(second.IsHeld());
        Assert.Equal(0, second.Ensure());
        Assert.Equal(-Errno.EAGAIN, first.Ensure());
    }

    [Fact]
    public void Queue_without_spool_uses_memory_and_counts_the_rest_at_stop()
    {
        SpoolQueue queue = new("influx:main", new SpoolOptions(), directory: null, maxMemoryBytes: 2000, _counters, _log, TimeProvider.System);
        queue.Open();
        for (int i = 0; i < 100; i++) Add(queue);
        Assert.True(_counters.DroppedPoints is > 0 and < 1000);
        long before = _counters.DroppedPoints;
        queue.Finish();
        Assert.Equal(1000 - before, queue.DropMemory());
        Assert.Equal(1000, _counters.DroppedPoints);
        Assert.Equal(0, _counters.QueuedBytes);
    }

    [Fact]
    public void Add_on_disk_filled_by_others_does_not_empty_the_spool()
    {
        TemporaryDirectory directory = Later(TemporaryDirectory.OnTmpfs("size=256k"));
        SpoolQueue queue = Queue(directory["spool"], memoryBytes: 300);
        for (int i = 0; i < 20; i++) Add(queue);
        // A second link to each file keeps its space allocated, like another program that fills the disk.
        Directory.CreateDirectory(directory["held"]);
        foreach (string file in Files(directory)) Assert.Equal(0, Run("ln", file, directory["held"]));
        Assert.NotEqual(0, Run("dd", "if=/dev/zero", "of=" + directory["ballast"], "bs=4096", "status=none"));
        for (int i = 0; i < 5; i++) Add(queue);
        // For each of the two or three that found no room in memory no more than twice its size.
        Assert.InRange(_counters.DroppedPoints, 10, 100);
        Assert.InRange(Files(directory).Length, 14, 19);
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    [Fact]
    public void Read_oversized_foreign_file_is_damaged_and_not_counted()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        Directory.CreateDirectory(directory["spool/main"]);
        byte[] bytes = [1, 2, 3];
        System.IO.File.WriteAllBytes(directory["spool/main/" + new SpoolFileName(1, 1, 2_000_000_000, Crc32C.Of(bytes))], bytes);
        using (FileStream sparse = System.IO.File.Create(directory["spool/main/" + new SpoolFileName(2, 1, 1_900_000_000, 0)])) sparse.SetLength(1_900_000_000);
        using (FileStream sparse = System.IO.File.Create(directory["spool/main/" + new SpoolFileName(3, 1, 9, 0)])) sparse.SetLength(3_000_000_000);
        SpoolQueue queue = Queue(directory["spool"], options => options with { MaxBytes = 1L << 40 });
        for (int i = 0; i < 3; i++)
        {
            SpoolEntry entry = TryDequeue(queue)!;
            Assert.Equal(SpoolReadResult.Damaged, queue.Read(entry, ref _buffer, out _));
            queue.SetAside(entry, SpoolFileName.DamagedSuffix, "of the test");
        }

        Assert.InRange(_buffer.Length, 0, 1 << 20);
        Assert.Equal((0, 0, 0), (_counters.QueuedFiles, _counters.SpoolBytes, _counters.QueuedBytes));
    }

    [Fact]
    public void SetAside_after_restart_is_newer_than_earlier_ones()
    {
        TemporaryDirectory directory = Later(new TemporaryDirectory());
        SpoolQueue before = Queue(directory["spool"], options => options with { KeepDamaged = 2 });
        for (int i = 0; i < 5; i++) Add(before);
        while (TryDequeue(before) is { } entry) before.SetAside(entry, SpoolFileName.DamagedSuffix, "of the test");
        ReleaseLock((SpoolLock)_cleanUp[^1]);

        SpoolQueue after = Queue(directory["spool"], options => options with { KeepDamaged = 2 });
        Add(after);
        string file = Files(directory).Single(path => path.EndsWith(SpoolFileName.LinesSuffix, StringComparison.Ordinal));
        after.SetAside(TryDequeue(after)!, SpoolFileName.DamagedSuffix, "of the test");
        Assert.Contains(file + SpoolFileName.DamagedSuffix, Files(directory));
        Assert.Equal(2, Files(directory).Length);
    }
}
