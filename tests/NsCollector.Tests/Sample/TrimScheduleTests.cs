using NsCollector.Sample;

namespace NsCollector.Tests.Sample;

/// <summary>When the heap is compacted.</summary>
public sealed class TrimScheduleTests
{
    private const long Interval = 10_000_000_000;
    private const long Much = 8 << 20;

    private readonly TrimSchedule _schedule = new();
    private long _allocated;
    private long _now;

    [Fact]
    public void IsDue_first_quiet_cycle_after_busy_ones_once() =>
        Assert.Equal([false, false, true, false, false], Ask(Much, Much, 0, 0, 0));

    [Fact]
    public void IsDue_steady_host_never_again()
    {
        Ask(Much, 0);
        Assert.DoesNotContain(true, Ask([.. Enumerable.Repeat(1024L, 1000)]));
    }

    [Fact]
    public void IsDue_births_every_other_cycle_is_rate_limited()
    {
        bool[] due = Ask([.. Enumerable.Range(0, 1000).Select(cycle => cycle % 2 == 0 ? Much : 0)]);
        Assert.InRange(due.Count(d => d), 1, 20);
    }

    [Fact]
    public void IsDue_births_soon_after_collection_collects_later()
    {
        Ask(Much, 0, Much);
        Assert.Single(Ask([.. Enumerable.Repeat(0L, 1000)]), true);
    }

    private bool[] Ask(params long[] bytes) => [.. bytes.Select(b => _schedule.IsDue(_allocated += b, _now += Interval))];
}
