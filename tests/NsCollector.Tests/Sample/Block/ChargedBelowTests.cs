using NsCollector.Sample.Block;

namespace NsCollector.Tests.Sample.Block;

public class ChargedBelowTests
{
    [Fact]
    public void Assign_finds_the_most_that_any_assignment_explains()
    {
        var random = new Random(17);
        var below = new ChargedBelow();
        for (int round = 0; round < 5000; round++)
        {
            long[] charged = [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => (long)random.Next(0, 20))];
            (long Amount, int[] Devices)[] demands =
            [
                .. Enumerable.Range(0, random.Next(0, 7)).Select(_ =>
                    ((long)random.Next(0, 30), Enumerable.Range(0, charged.Length).Where(_ => random.Next(2) == 0).ToArray())),
            ];
            below.Begin(charged);
            foreach ((long amount, int[] devices) in demands)
            {
                below.AddDemand(amount);
                foreach (int device in devices) below.AddDevice(device);
            }

            Assert.Equal(SmallestCut(charged, demands), (long)below.Assign());
        }
    }

    /// <summary>By the theorem of maximum flow and minimum cut, over every set of demands that are not cut off at their source.</summary>
    private static long SmallestCut(long[] charged, (long Amount, int[] Devices)[] demands)
    {
        long smallest = long.MaxValue;
        for (int kept = 0; kept < 1 << demands.Length; kept++)
        {
            long cut = demands.Where((_, i) => (kept >> i & 1) == 0).Sum(demand => demand.Amount);
            cut += demands.Where((_, i) => (kept >> i & 1) == 1).SelectMany(demand => demand.Devices).Distinct().Sum(device => charged[device]);
            smallest = Math.Min(smallest, cut);
        }

        return smallest;
    }
}
