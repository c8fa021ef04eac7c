using NsCollector.Sample;

namespace NsCollector.Tests.Sample;

public class FlushScheduleTests
{
    private const long Millisecond = 1_000_000, Start = 1_000_000_000_000;

    [Fact]
    public void IsEnd_many_flushes_ends_once_a_second()
    {
        var schedule = new FlushSchedule();
        var ends = new List<long>();
        long unended = -1;
        for (long now = Start; now < Start + (10_000 * Millisecond); now += 20 * Millisecond)
        {
            if (now >= schedule.DueNs)
            {
                schedule.Ended(now);
                ends.Add(now);
                unended = -1;
            }

            if (schedule.IsEnd(now))
            {
                ends.Add(now);
                unended = -1;
            }
            else if (unended < 0)
            {
                unended = now;
            }

            if (unended >= 0) Assert.InRange(now - unended, 0, 1000 * Millisecond);
        }

        Assert.Equal(Start, ends[0]);
        Assert.All(ends.Zip(ends.Skip(1)), pair => Assert.Equal(1000 * Millisecond, pair.Second - pair.First));
    }

    [Fact]
    public void Ended_after_cycle_clears_due_and_restarts_the_second()
    {
        var schedule = new FlushSchedule();
        Assert.Equal(long.MaxValue, schedule.DueNs);
        schedule.Ended(Start);
        Assert.False(schedule.IsEnd(Start + (300 * Millisecond)));
        Assert.Equal(Start + (1000 * Millisecond), schedule.DueNs);
        schedule.Ended(Start + (900 * Millisecond));
        Assert.Equal(long.MaxValue, schedule.DueNs);
        Assert.True(schedule.IsEnd(Start + (1900 * Millisecond)));
        Assert.Equal(long.MaxValue, schedule.DueNs);
    }
}
