using NsCollector.Deliver.Spool;

namespace NsCollector.Tests.Deliver.Spool;

public class SpoolLanesTests
{
    private readonly SpoolLanes _lanes = new();

    private SpoolEntry Add(long sequence, bool isBacklog = false, bool inMemory = false)
    {
        SpoolEntry entry = Entry(sequence, inMemory);
        _lanes.Add(entry, isBacklog);
        return entry;
    }

    private static SpoolEntry Entry(long sequence, bool inMemory = false) =>
        new() { Name = new SpoolFileName(sequence, 1, 1, 0), CompressedBytes = 10, CollectedMs = sequence, Memory = inMemory ? new byte[10] : null };

    private long[] TakeAll(bool isBacklog)
    {
        List<long> taken = [];
        while (isBacklog ? _lanes.HasBacklog : _lanes.HasLive)
        {
            SpoolEntry entry = _lanes.Dequeue(isBacklog);
            taken.Add(entry.Name.Sequence);
            _lanes.RemoveInFlight(entry);
        }

        return [.. taken];
    }

    [Fact]
    public void Dequeue_keeps_collection_order_across_disk_and_memory()
    {
        for (int i = 1; i <= 6; i++) Add(i, isBacklog: i % 2 == 0, inMemory: i % 3 == 0);
        Assert.Equal([2, 4, 6], TakeAll(isBacklog: true));
        Assert.Equal([1, 3, 5], TakeAll(isBacklog: false));
        Assert.Equal((0, 0, 0), (_lanes.Count, _lanes.DiskBytes, _lanes.MemoryBytes));
    }

    [Fact]
    public void Requeue_returns_to_the_front_or_the_end()
    {
        for (int i = 1; i <= 3; i++) Add(i, isBacklog: true);
        _lanes.Requeue(_lanes.Dequeue(isBacklog: true), last: false);
        _lanes.Requeue(_lanes.Dequeue(isBacklog: true), last: true);
        Add(4, isBacklog: true);
        Assert.Equal([2, 3, 1, 4], TakeAll(isBacklog: true));
    }

    [Fact]
    public void MoveToBacklog_places_live_files_after_found_ones()
    {
        Add(5);
        Add(6);
        foreach (long found in (long[])[2, 1]) _lanes.AddOldest(Entry(found));
        _lanes.MoveToBacklog();
        Assert.False(_lanes.HasLive);
        Assert.Equal([1, 2, 5, 6], TakeAll(isBacklog: true));
    }

    [Fact]
    public void TryMoveToDisk_moves_bytes_and_oldest_from_memory_to_disk()
    {
        SpoolEntry memory = Add(1, inMemory: true);
        SpoolEntry disk = Add(2);
        Assert.Same(memory, _lanes.Oldest);
        Assert.Same(memory, _lanes.OldestInMemory);
        Assert.Same(disk, _lanes.OldestOnDisk);
        Assert.True(_lanes.TryMoveToDisk(memory));
        Assert.Null(_lanes.OldestInMemory);
        Assert.Same(memory, _lanes.OldestOnDisk);
        Assert.Equal((20, 0), (_lanes.DiskBytes, _lanes.MemoryBytes));

        SpoolEntry taken = _lanes.Dequeue(isBacklog: false);
        Assert.False(_lanes.TryMoveToDisk(taken));
        Assert.Equal((2, 20), (_lanes.Count, _lanes.DiskBytes));
        _lanes.Drop(disk);
        Assert.Equal((1, 10), (_lanes.Count, _lanes.DiskBytes));
        Assert.Null(_lanes.Oldest);
    }
}
