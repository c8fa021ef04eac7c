using NsCollector.Deliver.Http;

namespace NsCollector.Tests.Deliver.Influx;

public class BackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    [Fact]
    public void Next_is_below_a_doubling_capped_bound()
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
    public void Next_after_many_failures_is_below_the_cap()
    {
        Backoff backoff = new(First, Most, new Random(1));
        for (int i = 0; i < 10_000; i++) Assert.InRange(backoff.Next(), TimeSpan.Zero, Most);
    }

    [Fact]
    public void Reset_restarts_at_the_first_bound()
    {
        Backoff backoff = new(First, Most, new Random(1));
        for (int i = 0; i < 10; i++) backoff.Next();
        backoff.Reset();
        Assert.InRange(backoff.Next(), TimeSpan.Zero, First);
    }

    [Fact]
    public void LongPause_is_near_cap_and_RetryAfterDelay_is_never_shorter()
    {
        Backoff backoff = new(First, Most, new Random(1));
        for (int i = 0; i < 1000; i++)
        {
            Assert.InRange(backoff.LongPause(), Most * 0.75, Most);
            Assert.InRange(backoff.RetryAfterDelay(First), First, First * 1.1);
        }
    }
}
