using System.Text;
using NsCollector.Deliver;
using NsCollector.Encode.Batches;

namespace NsCollector.Tests.Deliver;

public class BatchQueueTests
{
    private readonly SinkCounters _counters = new();

    internal static Batch Make(BatchPool pool, string lines)
    {
        Batch batch = pool.Rent();
        batch.Length = Encoding.ASCII.GetBytes(lines, batch.Buffer);
        batch.Points = lines.Count(c => c == '\n');
        return batch;
    }

    private static string Drain(BatchQueue queue)
    {
        StringBuilder all = new();
        while (queue.TryDequeue(out Batch? batch))
        {
            all.Append(Encoding.ASCII.GetString(batch.Bytes));
            queue.Release(batch, batch.Points, batch.Length);
        }
        return all.ToString();
    }

    private static void Add(BatchQueue queue, BatchPool pool, string lines)
    {
        Batch batch = Make(pool, lines);
        queue.Add(batch);
        batch.Release();
    }

    [Fact]
    public void TryDequeue_returns_batches_in_order()
    {
        BatchPool pool = new(8);
        BatchQueue queue = new(1000, _counters);
        foreach (string lines in (string[])["aaaaaa\n", "b\n", "c\n", "dddddd\n", "e\n"]) Add(queue, pool, lines);

        Assert.Equal(7 + 2 + 2 + 7 + 2, _counters.QueuedBytes);
        Assert.Equal("aaaaaa\nb\nc\ndddddd\ne\n", Drain(queue));
        Assert.Equal(0, _counters.QueuedBytes);
        Assert.Equal(0, queue.HeldBytes);
    }

    [Fact]
    public void Add_to_full_queue_drops_and_counts_the_oldest()
    {
        BatchPool pool = new(8);
        BatchQueue queue = new(24, _counters);
        foreach (string lines in (string[])["1\n1\n1\n", "222222\n", "333333\n", "444444\n", "555555\n"]) Add(queue, pool, lines);

        Assert.Equal(3 + 1, _counters.DroppedPoints);
        Assert.Equal(21, _counters.QueuedBytes);
        Assert.Equal("333333\n444444\n555555\n", Drain(queue));
    }

    [Fact]
    public void Add_never_drops_the_batch_in_delivery()
    {
        BatchPool pool = new(8);
        BatchQueue queue = new(16, _counters);
        Add(queue, pool, "111111\n");
        Assert.True(queue.TryDequeue(out Batch? current));
        Add(queue, pool, "222222\n");
        Add(queue, pool, "333333\n");

        Assert.Equal("111111\n", Encoding.ASCII.GetString(current.Bytes));
        Assert.Equal(16, queue.HeldBytes);
        Assert.Equal(1, _counters.DroppedPoints);
        queue.Release(current);
        Assert.Equal("333333\n", Drain(queue));
    }

    [Fact]
    public void Add_to_empty_queue_accepts_any_size()
    {
        BatchPool pool = new(100);
        BatchQueue queue = new(10, _counters);
        Add(queue, pool, new string('x', 90) + "\n");

        Assert.Equal(1, queue.Count);
        Assert.Equal(0, _counters.DroppedPoints);
    }

    [Fact]
    public void Add_small_waiting_batches_are_merged_into_one_buffer()
    {
        BatchPool pool = new(1000);
        BatchQueue queue = new(4000, _counters);
        string expected = "";
        for (int i = 0; i < 100; i++)
        {
            string line = $"{i:d9}\n";
            expected += line;
            Add(queue, pool, line);
        }

        Assert.Equal(0, _counters.DroppedPoints);
        Assert.InRange(queue.HeldBytes, 1000, 4000);
        Assert.Equal(expected, Drain(queue));
    }

    [Fact]
    public void Add_never_writes_to_a_shared_batch()
    {
        BatchPool pool = new(100);
        BatchQueue queue = new(1000, _counters);
        Batch first = Make(pool, "first\n"), second = Make(pool, "second\n");
        queue.Add(first);
        queue.Add(second);
        Add(queue, pool, "third\n");

        Assert.Equal("first\n", Encoding.ASCII.GetString(first.Bytes));
        Assert.Equal("second\n", Encoding.ASCII.GetString(second.Bytes));
        Assert.Equal("first\nsecond\nthird\n", Drain(queue));
    }

    [Fact]
    public void Add_never_writes_to_a_dequeued_batch()
    {
        BatchPool pool = new(100);
        BatchQueue queue = new(1000, _counters);
        Add(queue, pool, "1\n");
        Add(queue, pool, "2\n");
        Assert.True(queue.TryDequeue(out _));
        Assert.True(queue.TryDequeue(out Batch? gathered));
        Add(queue, pool, "3\n");

        Assert.Equal("2\n", Encoding.ASCII.GetString(gathered.Bytes));
    }

    [Fact]
    public void Release_returns_every_batch_to_its_pool_once()
    {
        BatchPool pool = new(64, maxIdle: 100);
        BatchQueue queue = new(256, _counters);
        HashSet<Batch> seen = [];
        for (int i = 0; i < 50; i++)
        {
            Batch batch = Make(pool, new string('x', i) + "\n");
            seen.Add(batch);
            queue.Add(batch);
            batch.Release();
            if (i % 7 == 0 && queue.TryDequeue(out Batch? taken)) queue.Release(taken, taken.Points, taken.Length);
        }
        queue.DropAll();

        Assert.Equal(0, queue.HeldBytes);
        Assert.Equal(0, _counters.QueuedBytes);
        List<Batch> idle = [.. Enumerable.Range(0, seen.Count).Select(_ => pool.Rent())];
        Assert.Equal(idle.Count, idle.Distinct().Count());
        Assert.True(seen.IsSubsetOf(idle));
    }
}
