using Microsoft.Extensions.Logging;
using NsCollector.Sample;

namespace NsCollector.Tests.Sample;

public sealed class LateCycleLogTests
{
    private const long Ms = 1_000_000;

    private readonly SteppedClock _time = new();
    private readonly CapturingLogger _logger = new();

    [Fact]
    public void Add_of_cycles_on_time_or_of_a_late_first_cycle_logs_nothing()
    {
        LateCycleLog log = Make();
        log.Add(2500 * Ms, 2);
        for (int i = 0; i < 1000; i++) log.Add(900 * Ms, 0);
        Assert.Empty(_logger.Entries);
    }

    [Fact]
    public void Add_of_late_cycle_warns_with_durations_and_keys()
    {
        LateCycleLog log = Make();
        log.Add(0, 0);
        log.Add(900 * Ms, 0);
        log.Add(1500 * Ms, 1);
        (LogLevel level, string message) = Assert.Single(_logger.Entries);
        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith("Skipped 1 cycle, because a cycle ends 1.200 s after its deadline on average and 1.500 s at most, while agent.interval is 1 s. Raise agent.interval", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_of_more_late_cycles_warns_once_a_period_with_their_sum()
    {
        LateCycleLog log = Make();
        log.Add(0, 0);
        log.Add(1500 * Ms, 1);
        for (int i = 0; i < 9; i++) log.Add(3000 * Ms, 2);
        Assert.Single(_logger.Entries);
        _time.Advance(LateCycleLog.Period);
        log.Add(3000 * Ms, 2);
        Assert.Equal(2, _logger.Entries.Count);
        Assert.StartsWith("Skipped 20 cycles, because a cycle ends 3.000 s after its deadline", _logger.Entries[1].Message, StringComparison.Ordinal);
    }

    private LateCycleLog Make() => new(_logger, TimeSpan.FromSeconds(1), _time);
}
