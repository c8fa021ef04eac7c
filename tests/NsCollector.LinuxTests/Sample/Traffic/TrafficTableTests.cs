using NsCollector.Discover.Watch;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Traffic;

/// <summary>Property: the table has what containers own and runtimes hold, and connects the two messages of a removed pair.</summary>
public sealed class TrafficTableTests : IDisposable
{
    private const int Number = 3;

    private readonly LinkRemovals _removals = new(4096);
    private readonly TrafficTable _table;

    public TrafficTableTests()
    {
        // The messages come from the test alone.
        _removals.Dispose();
        _table = new TrafficTable(_removals, new AgentCounters());
    }

    public void Dispose() => _removals.Dispose();

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public void Pair_that_was_never_listed_makes_totals_incomplete(bool isInsideFirst, int callsBetween)
    {
        NamespaceTraffic traffic = _table.Update(Links(cookie: 7), null);
        Assert.True(IsWhole(traffic));
        Remove(isInsideFirst ? Number : NativeShim.Removal.Here);
        for (int i = 0; i < callsBetween; i++) _table.ReadRemovals();
        Assert.True(IsWhole(traffic));
        Remove(isInsideFirst ? NativeShim.Removal.Here : Number);
        _table.ReadRemovals();
        Assert.False(IsWhole(traffic));
    }

    [Fact]
    public void Unknown_ends_removed_at_different_times_are_no_pair()
    {
        NamespaceTraffic traffic = _table.Update(Links(cookie: 7), null);
        Remove(Number);
        _table.ReadRemovals();
        _table.ReadRemovals();
        Remove(NativeShim.Removal.Here);
        _table.ReadRemovals();
        _table.ReadRemovals();
        Remove(Number);
        _table.ReadRemovals();
        Assert.True(IsWhole(traffic));
    }

    [Fact]
    public void Namespace_with_the_inode_number_of_a_kept_one_replaces_it()
    {
        for (ulong cookie = 1; cookie <= 5; cookie++) _table.Keep(_table.Update(Links(cookie), null), inode: 4026532000);
        Assert.Equal(1, _table.Count);
        _table.ForgetUnmounted(_ => null);
        Assert.Equal(0, _table.Count);
    }

    private static NamespaceLinks Links(ulong cookie) => new(cookie, Number, true, [new NamespaceLink(2, "eth0", true, 9, "veth9", 100, 200)]);

    /// <summary>Whether the totals are everything if the one interface is read at the exit.</summary>
    private static bool IsWhole(NamespaceTraffic traffic) =>
        traffic.Finish(new FinalNetwork(1, 100, 200, 1, 0), new FinalLinks(1, [2], 0), hearsInside: true).IsWhole;

    /// <summary>Reports that an end of a pair was removed that no list of interfaces has had.</summary>
    private void Remove(int number)
    {
        var removal = new NativeShim.Removal { Kind = NativeShim.RemovalKind.Link, Namespace = number, Index = 44, IsVeth = 1 };
        ((ILinkRemovalObserver)_table).OnRemoved(in removal);
    }
}
