using NsCollector.Linux;

namespace NsCollector.Tests.Linux;

public sealed class BootClockTests
{
    private const long Boot = 1_790_000_000_000_000_000;

    private long _offsetNs = Boot;
    private long _boottimeNs = 1_000_000_000_000;
    private bool _wasSet;

    [Theory]
    [InlineData(-900_000_000)]
    [InlineData(-20_000_000)]
    [InlineData(500_000_000)]
    public void Refresh_after_the_clock_was_set_moves_only_the_epoch(long stepNs)
    {
        using BootClock clock = Clock();
        (long EpochNs, long UptimeNs) before = Times(clock);
        _offsetNs += stepNs;
        clock.Refresh();
        Assert.Equal(before.EpochNs, Times(clock).EpochNs);
        _wasSet = true;
        clock.Refresh();
        AssertMoved(clock, before, stepNs);
    }

    [Theory]
    [InlineData(-864_000_000_000_000)]
    [InlineData(-1_500_000_000)]
    [InlineData(3_600_000_000_000)]
    public void Refresh_notices_a_large_step_without_notification(long stepNs)
    {
        using BootClock clock = Clock();
        (long EpochNs, long UptimeNs) before = Times(clock);
        _offsetNs += stepNs;
        clock.Refresh();
        AssertMoved(clock, before, stepNs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_000_017)]
    [InlineData(-3_000_017)]
    public void EpochNsOf_is_the_same_for_agents_that_measure_differently(long offsetNs)
    {
        _offsetNs = Boot + offsetNs;
        using BootClock first = Clock();

        // The time between reading the two clocks is never twice the same.
        _offsetNs += 40;
        using BootClock second = Clock();
        Assert.Equal(Boot + 10_000_000, first.EpochNsOf(10_000_000));
        Assert.Equal(first.EpochNsOf(10_000_000), second.EpochNsOf(10_000_000));
    }

    [Fact]
    public void Measurement_during_which_the_clock_is_set_is_repeated()
    {
        int reads = 0;
        using var clock = new BootClock(
            () =>
            {
                if (++reads == 9) _offsetNs -= 5_000_000_000;
                return Realtime();
            },
            Boottime,
            () => false);
        Assert.Equal(Boot - 5_000_000_000 + 10_000_000, clock.EpochNsOf(10_000_000));
    }

    [Fact]
    public void Refresh_without_a_set_does_not_measure_again()
    {
        int reads = 0;
        using var clock = new BootClock(
            () =>
            {
                reads++;
                return Realtime();
            },
            Boottime,
            () => false);
        int measurement = reads;
        for (int i = 0; i < 100; i++) clock.Refresh();

        // One comparison each, to notice a large step.
        Assert.Equal(measurement + 100, reads);
    }

    [Fact]
    public void Host_clock_stays_without_a_set()
    {
        using var clock = new BootClock();
        long before = clock.EpochNsOf(0);
        for (int i = 0; i < 100; i++) clock.Refresh();
        Assert.Equal(before, clock.EpochNsOf(0));
        Assert.InRange(before + clock.NowNs() - SystemClock.RealtimeNs(), -1_000_000_000, 1_000_000_000);
    }

    [Fact]
    public void Refresh_allocates_nothing()
    {
        using var clock = new BootClock();
        clock.Refresh();
        Assert.Equal(0, Allocated.LeastOf(clock.Refresh));
    }

    /// <summary>When something began 500 s after boot, by the wall clock, and how long ago that is.</summary>
    private static (long EpochNs, long UptimeNs) Times(BootClock clock) => (clock.EpochNsOf(500_000_000_000), clock.NowNs() - 500_000_000_000);

    private static void AssertMoved(BootClock clock, (long EpochNs, long UptimeNs) before, long stepNs)
    {
        (long EpochNs, long UptimeNs) after = Times(clock);
        Assert.Equal(before.EpochNs + stepNs, after.EpochNs);
        Assert.InRange(after.UptimeNs, before.UptimeNs, before.UptimeNs + 1_000_000);
    }

    private BootClock Clock() => new(Realtime, Boottime, () => _wasSet);

    private long Realtime() => Boottime() + _offsetNs;

    // 17 ns pass between two calls.
    private long Boottime() => _boottimeNs += 17;
}
