using NsCollector.Catalogue;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Telemetry;

public sealed class AgentSnapshotTests
{
    [Fact]
    public void PresentFrom_has_bit_of_each_reading_that_was_set()
    {
        var snapshot = new AgentSnapshot();
        foreach (AgentReading set in Enum.GetValues<AgentReading>())
        {
            snapshot.Clear();
            snapshot.Set(set, 7);
            foreach (AgentReading first in Enum.GetValues<AgentReading>())
            {
                int bit = set - first;
                Assert.Equal(bit is >= 0 and < 64 ? 1UL << bit : 0, snapshot.PresentFrom(first));
            }
        }
    }

    [Fact]
    public void Clear_makes_every_reading_absent()
    {
        var snapshot = new AgentSnapshot();
        foreach (AgentReading reading in Enum.GetValues<AgentReading>()) snapshot.Set(reading, 7);
        snapshot.Clear();
        Assert.All(Enum.GetValues<AgentReading>(), first => Assert.Equal(0UL, snapshot.PresentFrom(first)));
    }
}
