using NsCollector.Deliver.Influx;

namespace NsCollector.Tests.Deliver.Influx;

public class ReplayRateTests
{
    [Fact]
    public void Over_a_minute_no_more_goes_than_the_rate_and_two_seconds_worth()
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
    public void A_parcel_that_is_larger_than_a_seconds_worth_goes_all_the_same_and_is_paid_for_afterwards()
    {
        ReplayRate rate = new(1000, nowMs: 0);
        Assert.Equal(0, rate.WaitMs(0));
        rate.Consume(5000);
        Assert.InRange(rate.WaitMs(0), 4000, 4002);
        Assert.Equal(0, rate.WaitMs(4100));
    }

    [Fact]
    public void Without_a_rate_nothing_waits()
    {
        ReplayRate rate = new(0, nowMs: 0);
        rate.Consume(long.MaxValue);
        Assert.Equal(0, rate.WaitMs(0));
    }

    [Fact]
    public void Tries_that_nothing_could_hold_back_are_not_paid_for_one_by_one_afterwards()
    {
        ReplayRate rate = new(1000, nowMs: 0);
        for (int i = 0; i < 1000; i++) rate.Consume(5000);
        Assert.InRange(rate.WaitMs(0), 4000, 5001);
    }
}
