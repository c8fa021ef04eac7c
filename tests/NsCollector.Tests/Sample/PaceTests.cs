using NsCollector.Sample;

namespace NsCollector.Tests.Sample;

public sealed class PaceTests
{
    private const long Second = 1_000_000_000;
    private const int Containers = 1000;

    [Theory]
    [InlineData(10, 60, 6)]
    [InlineData(1, 10, 10)]
    [InlineData(10, 25, 3)]
    public void Each_container_is_due_at_its_own_regular_cycles(int cycleSeconds, int everySeconds, int cycles)
    {
        Pace pace = new(TimeSpan.FromSeconds(everySeconds), TimeSpan.FromSeconds(cycleSeconds));
        Assert.True(pace.IsSlower);
        long[] next = new long[Containers], dueIn = new long[Containers];
        Array.Fill(next, long.MinValue);
        var random = new Random(1);
        for (int cycle = 0; cycle < 20 * cycles; cycle++)
        {
            // A cycle begins up to a tenth late.
            long nowNs = cycle * cycleSeconds * Second + random.NextInt64(cycleSeconds * Second / 10);
            int due = 0;
            for (int i = 0; i < Containers; i++)
            {
                if (!pace.IsDue(i * 7919L + 13, ref next[i], nowNs)) continue;
                due++;
                if (cycle > cycles) Assert.InRange(cycle - dueIn[i], everySeconds / cycleSeconds, cycles);
                dueIn[i] = cycle;
            }

            if (cycle == 0) Assert.Equal(Containers, due);
            else if (cycle > cycles) Assert.InRange(due, Containers * cycleSeconds / everySeconds / 2, Containers * cycleSeconds / everySeconds * 2);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    public void Without_a_longer_interval_every_cycle_is_due(int everySeconds)
    {
        Pace pace = new(TimeSpan.FromSeconds(everySeconds), TimeSpan.FromSeconds(10));
        long next = long.MinValue;
        for (int cycle = 0; cycle < 10; cycle++) Assert.True(pace.IsDue(5, ref next, cycle * 10 * Second));
    }

    [Fact]
    public void Container_that_was_not_asked_for_long_is_due_once()
    {
        Pace pace = new(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10));
        long next = long.MinValue;
        Assert.True(pace.IsDue(5, ref next, 0));
        Assert.True(pace.IsDue(5, ref next, 3600 * Second));
        Assert.False(pace.IsDue(5, ref next, 3610 * Second));
    }
}
