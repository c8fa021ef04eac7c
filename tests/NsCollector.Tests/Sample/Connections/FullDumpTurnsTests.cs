using NsCollector.Sample;
using NsCollector.Sample.Connections;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Tests.Sample.Connections;

public sealed class FullDumpTurnsTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Those_that_wait_longest_have_their_turn()
    {
        var turns = new FullDumpTurns();
        Add(turns, 2, 30, 10, 20, 40);
        Assert.Equal([false, true, true, false], new long[] { 30, 10, 20, 40 }.Select(turns.Take));
    }

    /// <summary>Those that are read now do not get the turns of others that wait longer.</summary>
    [Fact]
    public void Turn_is_reserved_for_one_that_asks_later()
    {
        var turns = new FullDumpTurns();
        Add(turns, 1, 10, 20);
        Assert.False(turns.Take(20));
        Assert.True(turns.Take(10));
    }

    [Fact]
    public void Of_those_that_wait_equally_long_no_more_than_allowed_have_their_turn()
    {
        var turns = new FullDumpTurns();
        Add(turns, 2, 5, 5, 5);
        Assert.Equal([true, true, false], new long[] { 5, 5, 5 }.Select(turns.Take));
        Add(turns, 0, 5);
        Assert.False(turns.Take(5));
        Add(turns, int.MaxValue, 5);
        Assert.True(turns.Take(5));
    }

    [Fact]
    public void Turn_that_was_not_used_is_not_lost()
    {
        var turn = new ConnectionTurn(0);
        turn.BeginIfDue(new Pace(TimeSpan.FromHours(1), TimeSpan.FromSeconds(1)), 1, Second, isFull: false);
        var turns = new FullDumpTurns();
        turn.Choose(turns, SocketDumps.Tcp);
        Assert.Equal(SocketDumps.Listeners, turn.Wanted);
        turn.Choose(turns, SocketDumps.Tcp);
        Assert.Equal(SocketDumps.Listeners, turn.Wanted);
        turn.End(2 * Second);
        turn.Choose(turns, SocketDumps.Tcp);
        Assert.Equal(SocketDumps.None, turn.Wanted);
    }

    /// <summary>
    /// The dump of one container takes the budget of 50 s, so that in those cycles of each interval no other is allowed. All get full
    /// dumps all the same, equally often.
    /// </summary>
    [Fact]
    public void Container_with_expensive_dump_does_not_starve_those_due_after_it()
    {
        const int Containers = 100, Seconds = 1200;
        long[] costNs = [.. Enumerable.Range(0, Containers).Select(i => i == 0 ? 500_000_000 : 3_000_000L)];
        ConnectionTurn[] all = [.. costNs.Select(_ => new ConnectionTurn(0))];
        int[] dumps = new int[Containers];
        var pace = new Pace(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1));
        var budget = new ConnectionBudget(1, 0);
        var turns = new FullDumpTurns();
        long spentNs = 0;
        for (long second = 1; second <= Seconds; second++)
        {
            turns.Clear();
            for (int i = 0; i < Containers; i++)
            {
                all[i].BeginIfDue(pace, i, second * Second, isFull: true);
                if (all[i].WaitsForFull) turns.Add(all[i].TriedNs);
            }

            turns.Allow(budget.Allowed(second * Second));
            for (int i = 0; i < Containers; i++)
            {
                all[i].Choose(turns, SocketDumps.Tcp);
                if (all[i].Wanted == SocketDumps.Tcp)
                {
                    dumps[i]++;
                    budget.Spend(costNs[i]);
                    spentNs += costNs[i];
                }

                all[i].End(second * Second);
            }
        }

        // All together cost 0.8 s, which the budget has every 80 s.
        Assert.InRange(dumps.Min(), 10, 16);
        Assert.InRange(dumps.Max(), 10, 21);
        Assert.InRange(spentNs, 0, ((Seconds + 10) * Second / 100) + costNs[0]);
    }

    private static void Add(FullDumpTurns turns, int allowed, params ReadOnlySpan<long> triedNs)
    {
        turns.Clear();
        foreach (long tried in triedNs) turns.Add(tried);
        turns.Allow(allowed);
    }
}
