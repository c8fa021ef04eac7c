using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver;
using NsCollector.Encode.Batches;

namespace NsCollector.Tests.Deliver;

public class QueuedSinkTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    /// <summary>A target that can fail, accept a few bytes at a time, hang, or close.</summary>
    private sealed class FakeSink(long queueBytes = 1 << 20, TimeSpan? retry = null)
        : QueuedSink("fake:test", queueBytes, retry ?? TimeSpan.FromMilliseconds(1), NullLogger.Instance, TimeProvider.System)
    {
        public readonly StringBuilder Got = new();
        public volatile bool Fails, Closes, Throws;
        public volatile int MostBytes = int.MaxValue;
        public readonly ManualResetEventSlim Hang = new(true);
        public readonly ManualResetEventSlim HangAtEnd = new(true);
        public volatile int Tries, Reopened, Cycles;

        private protected override void Open() { }
        private protected override void ReopenTarget() => Reopened++;
        private protected override void Close() => HangAtEnd.Wait();
        private protected override void OnCycleDelivered() => Cycles++;

        private protected override DeliveryResult Deliver(ReadOnlySpan<byte> rest, out int delivered)
        {
            delivered = 0;
            Tries++;
            Hang.Wait();
            if (Throws) throw new InvalidOperationException("defect");
            if (Closes) return DeliveryResult.Closed;
            if (Fails) return DeliveryResult.Failed;
            delivered = Math.Min(MostBytes, rest.Length);
            lock (Got) Got.Append(Encoding.ASCII.GetString(rest[..delivered]));
            return delivered == rest.Length ? DeliveryResult.Done : DeliveryResult.Failed;
        }
    }

    private static void Send(ISink sink, string lines, int batchBytes = 64)
    {
        Batch batch = BatchQueueTests.Make(new BatchPool(batchBytes), lines);
        sink.Enqueue(batch);
        batch.Release();
    }

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Long));

    [Fact]
    public void Stop_delivers_batches_enqueued_before_and_after_start()
    {
        using FakeSink sink = new();
        Send(sink, "a\nb\n");
        sink.Start();
        Send(sink, "c\n");

        Assert.True(sink.Stop(Long));
        Assert.Equal("a\nb\nc\n", sink.Got.ToString());
        Assert.Equal((3, 6, 0, 0), (sink.Counters.SentPoints, sink.Counters.SentBytes, sink.Counters.DroppedPoints, sink.Counters.QueuedBytes));
    }

    [Fact]
    public void Deliver_in_parts_continues_and_counts_each_point_once()
    {
        using FakeSink sink = new() { MostBytes = 3 };
        sink.Start();
        Send(sink, "aaaa\nb\ncc\n");
        Until(() => sink.Counters.SentPoints == 3);

        Assert.Equal("aaaa\nb\ncc\n", sink.Got.ToString());
        Assert.Equal(10, sink.Counters.SentBytes);
        Assert.Equal(3, sink.Counters.Retries);
    }

    [Fact]
    public void Deliver_failing_target_is_retried_until_it_works()
    {
        using FakeSink sink = new() { Fails = true };
        sink.Start();
        Send(sink, "a\n");
        Until(() => sink.Tries >= 5);
        Assert.Equal(0, sink.Counters.SentPoints);
        sink.Fails = false;

        Until(() => sink.Counters.SentPoints == 1);
        Assert.True(sink.Counters.Retries >= 4);
    }

    [Fact]
    public void Stop_failing_target_is_tried_once_more_and_drops_are_counted()
    {
        using FakeSink sink = new(retry: TimeSpan.FromHours(1)) { Fails = true };
        sink.Start();
        Send(sink, "a\n");
        Send(sink, "b\nc\n");
        Until(() => sink.Tries == 1);

        Assert.False(sink.Stop(Long));
        Assert.Equal(2, sink.Tries);
        Assert.Equal(3, sink.Counters.DroppedPoints);
        Assert.Equal(0, sink.Counters.QueuedBytes);
    }

    [Fact]
    public void Enqueue_and_Stop_hanging_target_return_in_time()
    {
        using FakeSink sink = new(queueBytes: 256);
        sink.Hang.Reset();
        sink.Start();
        for (int i = 0; i < 100; i++) Send(sink, new string('x', 62) + "\n");
        Until(() => sink.Tries == 1);

        Assert.False(sink.Stop(TimeSpan.FromMilliseconds(50)));
        Assert.Equal(100, sink.Counters.DroppedPoints);
        sink.Hang.Set();
        Assert.Equal((0, 0), (sink.Counters.SentPoints, sink.Counters.QueuedBytes));
    }

    [Fact]
    public void Deliver_closed_target_stops_sink_and_later_points_are_dropped()
    {
        using FakeSink sink = new() { Closes = true };
        sink.Start();
        Send(sink, "a\n");
        Until(() => sink.Counters.DroppedPoints == 1);
        Send(sink, "b\n");

        Assert.Equal(2, sink.Counters.DroppedPoints);
        Assert.Equal(0, sink.Counters.QueuedBytes);
    }

    [Fact]
    public void Deliver_exception_stops_only_this_sink_and_is_counted()
    {
        using FakeSink broken = new() { Throws = true };
        using FakeSink sound = new();
        using SinkSet set = new([broken, sound], NullLogger.Instance);
        set.Start();
        for (int i = 0; i < 3; i++) set.Publish(BatchQueueTests.Make(new BatchPool(64), "a\n"));

        Assert.False(set.Stop(Long));
        Assert.Equal("a\na\na\n", sound.Got.ToString());
        Assert.Equal((3, 1), (broken.Counters.DroppedPoints, broken.Counters.Errors));
    }

    [Fact]
    public void Enqueue_incomplete_line_is_dropped()
    {
        using FakeSink sink = new();
        sink.Start();
        Send(sink, "a\nb");

        Assert.True(sink.Stop(Long));
        Assert.Equal("", sink.Got.ToString());
        Assert.Equal(1, sink.Counters.DroppedPoints);
    }

    [Fact]
    public void Reopen_is_immediate_without_batches_and_during_a_retry()
    {
        using FakeSink sink = new(retry: TimeSpan.FromHours(1));
        sink.Start();
        sink.Reopen();
        Until(() => sink.Reopened == 1);

        sink.Fails = true;
        Send(sink, "a\n");
        Until(() => sink.Tries == 1);
        sink.Fails = false;
        sink.Reopen();
        Until(() => sink.Counters.SentPoints == 1);
        Assert.Equal(2, sink.Reopened);
    }

    [Fact]
    public void Publish_shares_batch_and_pool_gets_it_after_the_last_sink()
    {
        using FakeSink slow = new();
        using FakeSink fast = new();
        slow.Hang.Reset();
        using SinkSet set = new([slow, fast], NullLogger.Instance);
        set.Start();
        BatchPool pool = new(64);
        Batch batch = BatchQueueTests.Make(pool, "a\n");
        set.Publish(batch);
        Until(() => fast.Counters.SentPoints == 1);
        Assert.NotSame(batch, pool.Rent());

        slow.Hang.Set();
        Assert.True(set.Stop(Long));
        Assert.Same(batch, pool.Rent());
    }

    [Fact]
    public void Stop_of_sinks_is_parallel_so_that_a_hanging_one_delays_none()
    {
        using FakeSink hanging = new();
        using FakeSink sound = new();
        hanging.Hang.Reset();
        using SinkSet set = new([hanging, sound], NullLogger.Instance);
        set.Start();
        set.Publish(BatchQueueTests.Make(new BatchPool(64), "a\n"));

        Assert.False(set.Stop(TimeSpan.FromMilliseconds(200)));
        Assert.Equal("a\n", sound.Got.ToString());
        hanging.Hang.Set();
    }

    [Fact]
    public void Stop_sink_hanging_in_close_returns_false()
    {
        using FakeSink sink = new();
        sink.HangAtEnd.Reset();
        sink.Start();
        Send(sink, "a\n");
        Until(() => sink.Counters.SentPoints == 1);
        Assert.False(sink.Stop(TimeSpan.FromMilliseconds(50)));
        sink.HangAtEnd.Set();
    }

    [Fact]
    public void Enqueue_empty_batch_ends_cycle_and_is_not_counted()
    {
        using FakeSink sink = new();
        sink.Start();
        Send(sink, "a\n");
        Until(() => sink.Counters.SentPoints == 1);
        Assert.Equal(0, sink.Cycles);

        End();
        Until(() => sink.Cycles == 1);
        Assert.Equal(1, sink.Tries);
        End();
        Until(() => sink.Cycles == 2);
        Send(sink, "");
        Send(sink, "b\n");
        Assert.True(sink.Stop(Long));
        Assert.Equal("a\nb\n", sink.Got.ToString());
        Assert.Equal((2, 2, 4, 0, 0), (sink.Cycles, sink.Counters.SentPoints, sink.Counters.SentBytes, sink.Counters.DroppedPoints, sink.Counters.QueuedBytes));

        void End()
        {
            Batch batch = new BatchPool(64).Rent();
            batch.EndsCycle = true;
            sink.Enqueue(batch);
            batch.Release();
        }
    }

    [Fact]
    public void OnCycleDelivered_comes_after_earlier_batches()
    {
        using FakeSink sink = new();
        sink.Hang.Reset();
        sink.Start();
        Send(sink, "a\n");
        Send(sink, new string('b', 60) + "\n");
        Batch end = new BatchPool(64).Rent();
        end.EndsCycle = true;
        sink.Enqueue(end);
        end.Release();
        Thread.Sleep(50);
        Assert.Equal(0, sink.Cycles);
        sink.Hang.Set();
        Until(() => sink.Cycles == 1);
        Assert.Equal(2, sink.Counters.SentPoints);
        sink.Stop(Long);
    }
}
