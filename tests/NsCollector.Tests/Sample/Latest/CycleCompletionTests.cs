using NsCollector.Sample.Latest;

namespace NsCollector.Tests.Sample.Latest;

public sealed class CycleCompletionTests
{
    [Fact]
    public async Task Streams_that_wait_for_a_cycle_cost_the_sampling_thread_nothing()
    {
        var samples = new LatestSamples([], TimeSpan.Zero);
        long least = long.MaxValue;
        for (int cycle = 0; cycle < 10; cycle++)
        {
            Task[] waiting = [.. Enumerable.Range(0, 100).Select(_ => samples.NextCycle().WaitAsync(TimeSpan.FromSeconds(20)))];
            long before = GC.GetAllocatedBytesForCurrentThread();
            samples.EndCycle(default);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            await Task.WhenAll(waiting);
        }

        Assert.Equal(0, least);
    }
}
