using Microsoft.Extensions.Logging;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Telemetry;

public sealed class RateLimitedLogTests
{
    private readonly SteppedClock _time = new();
    private readonly CapturingLogger _logger = new();

    [Fact]
    public void Warning_repeated_within_period_is_logged_once()
    {
        RateLimitedLog log = Make();
        for (int i = 0; i < 5; i++) log.Warning("setns", $"failed {i}");
        Assert.Equal([(LogLevel.Warning, "failed 0")], _logger.Entries);
    }

    [Fact]
    public void Warning_in_next_period_reports_and_resets_suppressed_count()
    {
        RateLimitedLog log = Make();
        for (int i = 0; i < 5; i++) log.Warning("setns", "failed");
        _time.Advance(TimeSpan.FromSeconds(10));
        log.Warning("setns", "failed");
        _time.Advance(TimeSpan.FromSeconds(10));
        log.Warning("setns", "failed");
        Assert.Equal(
            [(LogLevel.Warning, "failed"), (LogLevel.Warning, "failed (4 similar messages were suppressed)"), (LogLevel.Warning, "failed")],
            _logger.Entries);
    }

    [Fact]
    public void Warning_of_one_kind_does_not_suppress_another_kind()
    {
        RateLimitedLog log = Make();
        log.Warning("setns", "a");
        log.Error("read", "b");
        Assert.Equal([(LogLevel.Warning, "a"), (LogLevel.Error, "b")], _logger.Entries);
    }

    [Fact]
    public void Warning_of_kinds_above_maximum_share_one_kind()
    {
        RateLimitedLog log = Make();
        for (int i = 0; i < 10 * RateLimitedLog.MaxKinds; i++) log.Warning("kind " + i, "x");
        Assert.Equal(RateLimitedLog.MaxKinds, _logger.Entries.Count);
    }

    [Fact]
    public void Information_with_disabled_level_does_not_start_period()
    {
        RateLimitedLog log = Make();
        _logger.Lowest = LogLevel.Warning;
        log.Information("walk", "quiet");
        log.Warning("walk", "loud");
        Assert.Equal([(LogLevel.Warning, "loud")], _logger.Entries);
    }

    [Fact]
    public void Permits_of_suppressed_message_allocates_nothing()
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
}
