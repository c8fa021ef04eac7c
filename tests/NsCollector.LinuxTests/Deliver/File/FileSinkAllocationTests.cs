using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Encode.Batches;

namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>Counts the whole process's allocations, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(FileSinkAllocationTests), DisableParallelization = true)]
[Collection(nameof(FileSinkAllocationTests))]
public sealed class FileSinkAllocationTests
{
    [Fact]
    public void FileSink_in_steady_state_allocates_nothing()
    {
        using TemporaryDirectory directory = new();
        FileSink sink = new(new() { Name = "first", Path = directory["metrics.lp"], RotateAge = TimeSpan.FromDays(1) }, NullLogger.Instance);
        FileSink second = new(new() { Name = "second", Path = directory["second.lp"] }, NullLogger.Instance);
        using SinkSet set = new([sink, second], NullLogger.Instance);
        set.Start();
        BatchPool pool = new(64 * 1024);
        byte[] lines = new byte[60 * 1024];
        int length = 0;
        while (length + 1024 < lines.Length) length += NumberedLine.Write(lines.AsSpan(length), 1, length + 1);

        long Publish(int batches)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < batches; i++)
            {
                Batch batch = pool.Rent();
                lines.AsSpan(0, length).CopyTo(batch.Buffer);
                batch.Length = length;
                batch.Points = 1;
                set.Publish(batch);
                while (sink.Counters.QueuedBytes + second.Counters.QueuedBytes > 0) Thread.Sleep(0);
                // The queue empties before the thread has let go of the batch.
                Thread.Sleep(1);
            }
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        Publish(50);
        // Other threads of the test process allocate now and then; a batch that cost one object would cost 200 of them.
        long least = Enumerable.Range(0, 5).Min(_ => Publish(200));
        Assert.True(least < 200 * 8, $"{least} bytes in 200 batches");
    }
}
