using NsCollector.Deliver;

namespace NsCollector.Tests.Deliver;

public class OutageTests
{
    private sealed class HandClock : TimeProvider
    {
        private long _now = 1;
        public override long TimestampFrequency => 1000;
        public override long GetTimestamp() => _now;
        public void Advance(TimeSpan by) => _now += (long)by.TotalMilliseconds;
    }

    private readonly HandClock _clock = new();

    [Fact]
    public void Failed_same_cause_is_logged_once_and_recovery_once()
    {
        Outage outage = new(_clock);
        Assert.True(outage.Failed(5));
        for (int i = 0; i < 999; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            Assert.False(outage.Failed(5));
        }

        Assert.True(outage.Recovered(out TimeSpan lasted, out long tries));
        Assert.Equal(TimeSpan.FromSeconds(9990), lasted);
        Assert.Equal(1000, tries);
        Assert.False(outage.Recovered(out _, out _));
    }

    [Fact]
    public void Failed_new_cause_is_logged_after_a_minute()
    {
        Outage outage = new(_clock);
        Assert.True(outage.Failed(1));
        Assert.False(outage.Failed(2));
        _clock.Advance(Outage.MinLogInterval);
        Assert.True(outage.Failed(2));
    }

    [Fact]
    public void Failed_and_recovered_every_second_is_logged_once_a_minute()
    {
        Outage outage = new(_clock);
        int said = 0;
        for (int second = 0; second < 600; second++)
        {
            if (outage.Failed(1)) said++;
            if (outage.Recovered(out _, out _)) said++;
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(20, said);
    }

    [Fact]
    public void Failed_within_minimum_interval_is_logged_when_it_is_over()
    {
        Outage outage = new(_clock);
        Assert.True(outage.Failed(1));
        Assert.True(outage.Recovered(out _, out _));
        Assert.False(outage.Failed(1));
        _clock.Advance(Outage.MinLogInterval);
        Assert.True(outage.Failed(1));
    }
}
