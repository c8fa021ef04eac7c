using NsCollector.Deliver.Http;

namespace NsCollector.Tests.Deliver.Influx;

public class ReplayRateTests
{
    [Fact]
    public void WaitMs_limits_a_minute_to_rate_plus_two_seconds()
    {
        ReplayRate rate = new(1000, nowMs: 5);
        long sent = 0;
        long now = 5;
        while (now < 60_005)
        {
            long wait = rate.WaitMs(now);
            if (wait > 0)
            {
                now += wait;
                continue;
            }

            rate.Consume(700);
            sent += 700;
        }

        Assert.InRange(sent, 59_000, 62_000);
    }

    [Fact]
    public void Consume_more_than_a_second_delays_the_next()
    {
        ReplayRate rate = new(1000, nowMs: 0);
        Assert.Equal(0, rate.WaitMs(0));
        rate.Consume(5000);
        Assert.InRange(rate.WaitMs(0), 4000, 4002);
        Assert.Equal(0, rate.WaitMs(4100));
    }

    [Fact]
    public void WaitMs_without_rate_is_zero()
    {
        ReplayRate rate = new(0, nowMs: 0);
        rate.Consume(long.MaxValue);
        Assert.Equal(0, rate.WaitMs(0));
    }

    [Fact]
    public void Consume_repeated_without_waiting_does_not_add_debts()
    {
        ReplayRate rate = new(1000, nowMs: 0);
        for (int i = 0; i < 1000; i++) rate.Consume(5000);
        Assert.InRange(rate.WaitMs(0), 4000, 5001);
    }
}
