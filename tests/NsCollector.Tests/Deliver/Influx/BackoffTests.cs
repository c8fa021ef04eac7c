using NsCollector.Deliver.Influx;

namespace NsCollector.Tests.Deliver.Influx;

public class BackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    [Fact]
    public void The_pause_is_anywhere_below_a_bound_that_doubles_and_is_capped()
    {
        double[] longest = new double[12];
        double[] sums = new double[12];
        for (int round = 0; round < 4000; round++)
        {
            Backoff backoff = new(First, Most, new Random(round));
            for (int i = 0; i < longest.Length; i++)
            {
                double seconds = backoff.Next().TotalSeconds;
                double bound = Math.Min(60, Math.Pow(2, i));
                Assert.InRange(seconds, 0, bound);
                longest[i] = Math.Max(longest[i], seconds / bound);
                sums[i] += seconds / bound;
            }
        }

        Assert.All(longest, share => Assert.InRange(share, 0.98, 1));
        // Full jitter: evenly spread, so half the bound in the mean.
        Assert.All(sums, sum => Assert.InRange(sum / 4000, 0.47, 0.53));
    }

    [Fact]
    public void After_any_number_of_failures_it_is_still_below_the_cap()
    {
        Backoff backoff = new(First, Most, new Random(1));
        for (int i = 0; i < 10_000; i++) Assert.InRange(backoff.Next(), TimeSpan.Zero, Most);
    }

    [Fact]
    public void Success_begins_anew()
    {
        Backoff backoff = new(First, Most, new Random(1));
        for (int i = 0; i < 10; i++) backoff.Next();
        backoff.Reset();
        Assert.InRange(backoff.Next(), TimeSpan.Zero, First);
    }

    [Fact]
    public void The_slow_pause_is_near_the_cap_and_what_the_server_asks_for_is_never_cut_short()
    {
        Backoff backoff = new(First, Most, new Random(1));
        for (int i = 0; i < 1000; i++)
        {
            Assert.InRange(backoff.LongPause(), Most * 0.75, Most);
            Assert.InRange(backoff.RetryAfterDelay(First), First, First * 1.1);
        }
    }
}
