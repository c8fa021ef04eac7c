using NsCollector.Sample;

namespace NsCollector.Tests.Sample;

public class CycleScheduleTests
{
    private const long Second = 1_000_000_000;
    private const long Epoch = 1_700_000_003 * Second;

    [Fact]
    public void First_cycle_begins_at_once_and_others_an_interval_apart()
    {
        var schedule = new CycleSchedule(TimeSpan.FromSeconds(10), align: false, TimeSpan.Zero, 5 * Second, Epoch);
        Assert.Equal(5 * Second, schedule.DeadlineNs);
        Assert.Equal(0, schedule.Advance(5 * Second + 300, Epoch));
        Assert.Equal(15 * Second, schedule.DeadlineNs);
        Assert.Equal(0, schedule.Advance(16 * Second, Epoch));
        Assert.Equal(25 * Second, schedule.DeadlineNs);
    }

    [Fact]
    public void Advance_passed_deadlines_are_counted_and_skipped()
    {
        var schedule = new CycleSchedule(TimeSpan.FromSeconds(1), align: false, TimeSpan.Zero, 0, Epoch);
        Assert.Equal(3, schedule.Advance(3 * Second + 1, Epoch));
        Assert.Equal(4 * Second, schedule.DeadlineNs);
        Assert.Equal(1, schedule.Advance(5 * Second, Epoch));
        Assert.Equal(6 * Second, schedule.DeadlineNs);
    }

    [Fact]
    public void Align_deadlines_are_multiples_of_interval_since_epoch()
    {
        long mono = 100 * Second, real = Epoch;
        var schedule = new CycleSchedule(TimeSpan.FromSeconds(10), align: true, TimeSpan.Zero, mono, real);
        for (int i = 0; i < 5; i++)
        {
            long deadline = schedule.DeadlineNs;
            Assert.Equal(0, (real + deadline - mono) % (10 * Second));
            real += deadline - mono + 20_000;
            mono = deadline + 20_000;
            Assert.Equal(0, schedule.Advance(mono, real));
            Assert.InRange(schedule.DeadlineNs - deadline, (10 * Second) - 30_000, (10 * Second) + 30_000);
        }
    }

    [Fact]
    public void Align_slow_clock_does_not_repeat_a_deadline()
    {
        var schedule = new CycleSchedule(TimeSpan.FromSeconds(10), align: true, TimeSpan.Zero, 0, 0);
        Assert.Equal(10 * Second, schedule.DeadlineNs);
        schedule.Advance(10 * Second + 1000, (10 * Second) - 5000);
        Assert.InRange(schedule.DeadlineNs, 20 * Second, (20 * Second) + 10_000);
    }

    [Fact]
    public void Align_clock_change_is_followed()
    {
        var schedule = new CycleSchedule(TimeSpan.FromSeconds(10), align: true, TimeSpan.Zero, 0, 0);
        schedule.Advance(11 * Second, 3_604 * Second);
        Assert.Equal(17 * Second, schedule.DeadlineNs);
    }

    [Fact]
    public void Offset_delays_every_deadline()
    {
        var plain = new CycleSchedule(TimeSpan.FromSeconds(10), align: false, TimeSpan.FromSeconds(3), 0, Epoch);
        Assert.Equal(3 * Second, plain.DeadlineNs);
        var aligned = new CycleSchedule(TimeSpan.FromSeconds(10), align: true, TimeSpan.FromSeconds(3), 0, 20 * Second);
        Assert.Equal(3 * Second, aligned.DeadlineNs);
        aligned.Advance(4 * Second, 24 * Second);
        Assert.Equal(13 * Second, aligned.DeadlineNs);
    }
}
