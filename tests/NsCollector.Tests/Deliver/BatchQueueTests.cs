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
    public void What_goes_in_comes_out_in_order()
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
    public void The_oldest_is_dropped_and_counted_when_it_is_full()
    {
        BatchPool pool = new(8);
        BatchQueue queue = new(24, _counters);
        foreach (string lines in (string[])["1\n1\n1\n", "222222\n", "333333\n", "444444\n", "555555\n"]) Add(queue, pool, lines);

        Assert.Equal(3 + 1, _counters.DroppedPoints);
        Assert.Equal(21, _counters.QueuedBytes);
        Assert.Equal("333333\n444444\n555555\n", Drain(queue));
    }

    [Fact]
    public void What_is_being_delivered_counts_and_is_never_dropped()
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
    public void One_batch_is_let_in_whatever_its_size()
    {
        BatchPool pool = new(100);
        BatchQueue queue = new(10, _counters);
        Add(queue, pool, new string('x', 90) + "\n");

        Assert.Equal(1, queue.Count);
        Assert.Equal(0, _counters.DroppedPoints);
    }

    [Fact]
    public void Small_batches_that_wait_share_one_buffer_so_that_the_bound_holds_many_of_them()
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
    public void A_batch_that_other_sinks_hold_is_never_written_to()
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
    public void What_was_taken_is_never_added_to()
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
    public void Every_batch_goes_back_to_its_pool_once()
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
