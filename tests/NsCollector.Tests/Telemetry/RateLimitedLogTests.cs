using Microsoft.Extensions.Logging;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Telemetry;

public sealed class RateLimitedLogTests
{
    private readonly ManualTime _time = new();
    private readonly CapturingLogger _logger = new();

    [Fact]
    public void The_first_of_a_kind_is_logged_and_the_rest_of_its_period_is_held_back()
    {
        RateLimitedLog log = Make();
        for (int i = 0; i < 5; i++) log.Warning("setns", $"failed {i}");
        Assert.Equal([(LogLevel.Warning, "failed 0")], _logger.Entries);
    }

    [Fact]
    public void The_next_period_says_how_many_were_held_back_and_counts_anew()
    {
        RateLimitedLog log = Make();
        for (int i = 0; i < 5; i++) log.Warning("setns", "failed");
        _time.Advance(TimeSpan.FromSeconds(10));
        log.Warning("setns", "failed");
        _time.Advance(TimeSpan.FromSeconds(10));
        log.Warning("setns", "failed");
        Assert.Equal(
            [(LogLevel.Warning, "failed"), (LogLevel.Warning, "failed (4 more of this kind since the last such message)"), (LogLevel.Warning, "failed")],
            _logger.Entries);
    }

    [Fact]
    public void Kinds_do_not_hold_each_other_back()
    {
        RateLimitedLog log = Make();
        log.Warning("setns", "a");
        log.Error("read", "b");
        Assert.Equal([(LogLevel.Warning, "a"), (LogLevel.Error, "b")], _logger.Entries);
    }

    [Fact]
    public void Kinds_past_the_bound_share_one_so_that_memory_stays_bounded()
    {
        RateLimitedLog log = Make();
        for (int i = 0; i < 10 * RateLimitedLog.MaxKinds; i++) log.Warning("kind " + i, "x");
        Assert.Equal(RateLimitedLog.MaxKinds, _logger.Entries.Count);
    }

    [Fact]
    public void A_level_that_is_off_does_not_use_up_the_period()
    {
        RateLimitedLog log = Make();
        _logger.Lowest = LogLevel.Warning;
        log.Information("walk", "quiet");
        log.Warning("walk", "loud");
        Assert.Equal([(LogLevel.Warning, "loud")], _logger.Entries);
    }

    [Fact]
    public void Holding_back_allocates_nothing()
    {
        RateLimitedLog log = Make();
        log.Permits("setns", out _);
        log.Permits("setns", out _);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 1000; i++) log.Permits("setns", out _);
        }));
    }

    private RateLimitedLog Make() => new(_logger, TimeSpan.FromSeconds(10), _time);

    private sealed class ManualTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        internal void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
