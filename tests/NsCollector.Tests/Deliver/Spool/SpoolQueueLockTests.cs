using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver;
using NsCollector.Deliver.Spool;

namespace NsCollector.Tests.Deliver.Spool;

/// <summary>While the disk hangs for one of a queue's two threads the other goes on: no operation of the disk is under the lock.</summary>
public sealed class SpoolQueueLockTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly HangingSpoolFiles _files = new();
    private readonly SinkCounters _counters = new();

    public void Dispose() => _files.Dispose();

    private SpoolQueue Queue(SpoolOptions options)
    {
        SpoolQueue queue = new("influx:main", options, _files, 1 << 20, _counters, NullLogger.Instance, TimeProvider.System);
        queue.Open();
        return queue;
    }

    private static void Add(SpoolQueue queue) => queue.Add("lines"u8, points: 1, lineBytes: 5);

    /// <summary>Runs what hangs in an operation of the disk, and beside it what must not wait for that.</summary>
    private void HangBeside(string operation, Action hangs, Action goesOn)
    {
        _files.Hangs = operation;
        Task hanging = Task.Factory.StartNew(hangs, TaskCreationOptions.LongRunning);
        Assert.True(_files.Hanging.Wait(Soon), $"{operation} was not called.");
        Assert.True(Task.Factory.StartNew(goesOn, TaskCreationOptions.LongRunning).Wait(Soon), $"The other thread waits for {operation}.");
        Assert.False(hanging.IsCompleted);
        _files.LetGo();
        Assert.True(hanging.Wait(Soon));
    }

    /// <summary>All that the sender's thread does without the disk.</summary>
    private static void UseAsSender(SpoolQueue queue)
    {
        queue.SetServerDown(false);
        SpoolEntry entry = queue.Dequeue(0, timeoutMs: 1000, out _)!;
        queue.SetServerDown(true);
        queue.Requeue(entry);
        Assert.True(queue.Count > 0);
        queue.Wake();
    }

    [Theory]
    [InlineData(nameof(ISpoolFiles.Write))]
    [InlineData(nameof(ISpoolFiles.SyncAll))]
    public void Sender_continues_while_disk_of_writer_hangs(string operation)
    {
        SpoolQueue queue = Queue(new SpoolOptions { Sync = SpoolSync.Interval, SyncInterval = TimeSpan.Zero });
        Add(queue);
        HangBeside(operation, () => Add(queue), () => UseAsSender(queue));
    }

    [Fact]
    public void Sender_continues_while_writer_removes_a_file_over_limit()
    {
        SpoolQueue queue = Queue(new SpoolOptions { MaxFiles = 2 });
        Add(queue);
        Add(queue);
        HangBeside(nameof(ISpoolFiles.Remove), () => Add(queue), () => UseAsSender(queue));
        Assert.Equal(1, _counters.DroppedPoints);
        Assert.Equal(2, queue.Count);
    }

    [Theory]
    [InlineData(nameof(ISpoolFiles.Read))]
    [InlineData(nameof(ISpoolFiles.Remove))]
    [InlineData(nameof(ISpoolFiles.SetAside))]
    public void Writer_continues_while_disk_of_sender_hangs(string operation)
    {
        SpoolQueue queue = Queue(new SpoolOptions());
        Add(queue);
        SpoolEntry entry = queue.Dequeue(0, timeoutMs: 1000, out _)!;
        byte[] buffer = [];
        HangBeside(operation, () =>
        {
            if (operation == nameof(ISpoolFiles.Read)) queue.Read(entry, ref buffer, out _);
            else if (operation == nameof(ISpoolFiles.Remove)) queue.Complete(entry);
            else queue.SetAside(entry, SpoolFileName.DamagedSuffix, "of the test");
        }, () => Add(queue));
        Assert.Equal(operation == nameof(ISpoolFiles.Read) ? 2 : 1, queue.Count);
    }

    [Fact]
    public void Writer_continues_while_sender_removes_an_old_file()
    {
        SpoolQueue queue = Queue(new SpoolOptions { MaxAge = TimeSpan.FromSeconds(3) });
        Add(queue);
        Thread.Sleep(3100);
        HangBeside(nameof(ISpoolFiles.Remove), () => queue.Dequeue(0, timeoutMs: 0, out _), () => Assert.Equal(0, queue.Count));
        Assert.Equal(1, _counters.DroppedPoints);
    }
}
