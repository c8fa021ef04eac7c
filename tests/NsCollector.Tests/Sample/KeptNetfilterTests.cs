using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Tests.Sample;

/// <summary>What a page that shows the last value keeps of container_netfilter and netfilter.</summary>
public class KeptNetfilterTests
{
    [Fact]
    public void Update_without_a_reading_keeps_the_rows()
    {
        var now = new ContainerSample();
        now.Update(new ContainerSample { NetworkOwnerKey = 1 }, Before());
        Assert.Equal(50, now.Netfilter!.Find("a"u8)!.Readings[Reading.NetfilterPackets]);

        // In the same slot.
        now.Update(new ContainerSample { NetworkOwnerKey = 1 }, now);
        Assert.Equal(1, now.Netfilter!.Count);
    }

    [Fact]
    public void Update_after_an_empty_reading_keeps_no_row()
    {
        var empty = new ContainerSample { NetworkOwnerKey = 1 };
        empty.BeginNetfilter();
        var now = new ContainerSample();
        now.Update(empty, Before());
        Assert.Equal(0, now.Netfilter!.Count);
    }

    [Fact]
    public void Update_in_another_namespace_keeps_no_row()
    {
        ContainerSample before = Before();
        var now = new ContainerSample();
        now.Update(new ContainerSample { NetworkOwnerKey = 2 }, before);
        Assert.Null(now.Netfilter);
        before.Update(new ContainerSample { NetworkOwnerKey = 0 }, before);
        Assert.Equal(0, before.Netfilter!.Count);
    }

    [Fact]
    public void Host_keeps_its_rows_until_they_are_read_again()
    {
        var kept = new HostSample();
        var netfilter = new HostSample { IsOfNetfilter = true };
        netfilter.Netfilter.Add("a"u8);
        kept.Merge(netfilter);
        var host = new HostSample { TimestampNs = 5 };
        host.Load.Set(Reading.HostLoad1, 1);
        kept.Merge(host);
        Assert.Equal((1, 5), (kept.Netfilter.Count, kept.TimestampNs));
        var next = new HostSample();
        next.CopyFrom(kept);
        Assert.Equal(1, next.Netfilter.Count);
        kept.Merge(new HostSample { IsOfNetfilter = true });
        Assert.Equal((0, 5), (kept.Netfilter.Count, kept.TimestampNs));
    }

    private static ContainerSample Before()
    {
        var before = new ContainerSample { NetworkOwnerKey = 1 };
        before.BeginNetfilter().Add("a"u8).Readings.Set(Reading.NetfilterPackets, 50);
        return before;
    }
}
