using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Flows;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Flows;

/// <summary>Property: each connection is in exactly one point of its namespace.</summary>
public sealed class FlowTableTests
{
    private const int Number = 5;

    private readonly AgentCounters _counters = new();

    [Fact]
    public void Connections_are_summed_by_direction_remote_and_port()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        owner.AddPorts([8080]);
        table.Add(
        [
            Make("10.0.0.1", 8080, 40_000, bytes: 10), Make("10.0.0.1", 8080, 40_001, bytes: 20),
            Make("10.0.0.1", 40_000, 443, bytes: 100, NativeShim.FlowFlags.Opened), Make("10.0.0.1", 40_001, 80, bytes: 200, NativeShim.FlowFlags.Opened),
            Make("10.0.0.2", 8080, 40_000, bytes: 5), Make("10.0.0.2", 9090, 40_000, bytes: 1), Make("10.0.0.2", 9091, 40_000, bytes: 1),
            Make("2001:db8::1", 8080, 40_000, bytes: 3, NativeShim.FlowFlags.Ipv6),
        ]);
        Assert.Equal(
            [
                "10.0.0.1 out 80: 1 of 200", "10.0.0.1 out 443: 1 of 100", "10.0.0.1 in 8080: 2 of 30", "10.0.0.2 in 8080: 1 of 5",
                "2001:db8::1 in 8080: 1 of 3", "10.0.0.2 unknown : 2 of 2",
            ],
            RowsOf(table, owner, new FlowOptions()));
        Assert.Equal((8u, 0UL), (table.TotalsOf(owner).Closed, table.TotalsOf(owner).RetransSegs));
    }

    [Fact]
    public void Prefix_sums_up_networks()
    {
        var options = new FlowOptions { PrefixIpv4 = 24, PrefixIpv6 = 72 };
        FlowTable table = NewTable(options);
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        table.Add(
        [
            Make("10.0.0.1", 1, 2), Make("10.0.0.255", 1, 2), Make("10.0.1.0", 1, 2, bytes: 9),
            Make("fd00::1:2:3:4", 1, 2, flags: NativeShim.FlowFlags.Ipv6), Make("fd00::ff:2:3:4", 1, 2, 40, NativeShim.FlowFlags.Ipv6), Make("fd00::100:2:3:4", 1, 2, 80, NativeShim.FlowFlags.Ipv6),
        ]);
        Assert.Equal(["fd00::100:0:0:0/72 unknown : 1 of 80", "fd00::/72 unknown : 2 of 41", "10.0.1.0/24 unknown : 1 of 9", "10.0.0.0/24 unknown : 2 of 2"], RowsOf(table, owner, options));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Top_and_other_have_every_connection_once(int top)
    {
        var options = new FlowOptions { Top = top };
        FlowTable table = NewTable(options);
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        owner.AddPorts([80]);
        var random = new Random(top);
        long[] bytes = [.. Enumerable.Range(1, 40).OrderBy(_ => random.Next())];
        for (int i = 0; i < bytes.Length; i++) table.Add([Make($"10.0.0.{i + 1}", i % 2 == 0 ? 80 : 81, 40_000, bytes[i])]);
        RowTable rows = new(Reading.FlowIntervalNs, Reading.FlowConnectionsLost);
        new FlowRows(options).Add(table.Swap(10, 0), owner, rows, 10, 0);
        int shown = Math.Min(top, bytes.Length);
        Assert.Equal([.. bytes.OrderDescending().Take(shown)], Enumerable.Range(0, shown).Select(i => rows[i].Readings[Reading.FlowBytesSent]));
        Assert.Equal(shown == bytes.Length ? shown : shown + 2, rows.Count);
        Assert.True(rows.TrySum(Reading.FlowBytesSent, out long sum) && rows.TrySum(Reading.FlowConnectionsClosed, out long closed) && (sum, closed) == (820, 40));
        if (top == 0) Assert.Equal(["other", "other"], Enumerable.Range(0, 2).Select(i => Encoding.ASCII.GetString(rows[i].Key)));
    }

    [Fact]
    public void Full_table_adds_to_other_and_leaves_room_for_other_namespaces()
    {
        const int MaxRemotes = 256;
        var options = new FlowOptions { MaxRemotes = MaxRemotes, Top = 1000 };
        FlowTable table = NewTable(options);
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true), other = table.Bind(Number + 1, 78, null, isWhole: true);
        for (int i = 0; i < 1000; i++) table.Add([Make($"10.0.{i / 250}.{i % 250}", 1, 2)]);
        table.Add([Make("10.0.0.1", 1, 2) with { Namespace = Number + 1 }]);
        FlowBuffer buffer = table.Swap(10, 3);
        RowTable rows = RowsOf(buffer, owner, options);
        Assert.Equal((MaxRemotes / 4) + 1, rows.Count);
        Assert.True(rows.TrySum(Reading.FlowConnectionsClosed, out long closed) && closed == 1000);
        Assert.Equal(1000 - (MaxRemotes / 4), _counters[AgentCounter.FlowsOverLimit]);
        RowTable others = RowsOf(buffer, other, options);
        Assert.Equal("10.0.0.1", Encoding.ASCII.GetString(others[0].Key));
        Assert.Equal((10, 3), (others[0].Readings[Reading.FlowIntervalNs], others[0].Readings[Reading.FlowConnectionsLost]));
    }

    [Fact]
    public void Interval_has_only_its_connections()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        for (int i = 1; i <= 5; i++)
        {
            table.Add([Make("10.0.0.1", 1, 2, bytes: i)]);
            Assert.Equal([$"10.0.0.1 unknown : 1 of {i}"], RowsOf(table, owner, new FlowOptions()));
            Assert.Empty(RowsOf(table, owner, new FlowOptions()));
        }

        Assert.Equal(5u, table.TotalsOf(owner).Closed);
    }

    [Fact]
    public void Connections_before_binding_are_of_container()
    {
        FlowTable table = NewTable(new FlowOptions());
        table.Add([Make("10.0.0.1", 1, 2)]);
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        table.Add([Make("10.0.0.1", 1, 2)]);
        Assert.Equal(["10.0.0.1 unknown : 2 of 2"], RowsOf(table, owner, new FlowOptions()));
        Assert.Same(owner, table.Bind(Number, 77, owner, isWhole: false));
        Assert.True(owner.IsWhole);
    }

    [Fact]
    public void Living_connection_has_differences_and_rest_at_its_end()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        Dump(table, owner, Make("10.0.0.1", 1, 2, bytes: 100, NativeShim.FlowFlags.Opened) with { Cookie = 9 }, Make("10.0.0.2", 1, 2, bytes: 1) with { Cookie = 10 });
        Assert.Equal(["10.0.0.1 out 2: 0 of 100", "10.0.0.2 unknown : 0 of 1"], RowsOf(table, owner, new FlowOptions()));
        Dump(table, owner, Make("10.0.0.1", 1, 2, bytes: 130, NativeShim.FlowFlags.Opened) with { Cookie = 9 }, Make("10.0.0.2", 1, 2, bytes: 1) with { Cookie = 10 });
        Assert.Equal(["10.0.0.1 out 2: 0 of 30"], RowsOf(table, owner, new FlowOptions()));

        // Its direction is that of the dump, though its end proves none.
        table.Add([Make("10.0.0.1", 1, 2, bytes: 150) with { Cookie = 9 }]);
        Assert.Equal(["10.0.0.1 out 2: 1 of 20"], RowsOf(table, owner, new FlowOptions()));
        Assert.Equal(1u, table.TotalsOf(owner).Closed);
    }

    /// <summary>The message may be read before the dump is added, or after it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Connection_that_is_closed_during_dump_is_counted_once(bool isReadBeforeEnd)
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        NativeShim.Flow inDump = Make("10.0.0.1", 1, 2, bytes: 100) with { Cookie = 9 }, closed = inDump with { BytesAcked = 140 };
        table.BeginDump(owner);
        if (isReadBeforeEnd) table.Add([closed]);
        table.EndDump(owner, [inDump], isWhole: true);
        if (!isReadBeforeEnd) table.Add([closed]);
        Assert.Equal(["10.0.0.1 unknown : 1 of 140"], RowsOf(table, owner, new FlowOptions()));

        // The number of the running dump does not matter later.
        table.Add([closed with { Cookie = 11 }]);
        Assert.Equal(["10.0.0.1 unknown : 1 of 140"], RowsOf(table, owner, new FlowOptions()));
    }

    [Fact]
    public void First_dump_of_older_namespace_is_a_baseline()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: false);
        Dump(table, owner, Make("10.0.0.1", 1, 2, bytes: 1000) with { Cookie = 9 });
        Assert.Empty(RowsOf(table, owner, new FlowOptions()));
        Dump(table, owner, Make("10.0.0.1", 1, 2, bytes: 1001) with { Cookie = 9 }, Make("10.0.0.1", 1, 2, bytes: 40) with { Cookie = 10 });
        Assert.Equal(["10.0.0.1 unknown : 0 of 41"], RowsOf(table, owner, new FlowOptions()));
    }

    [Fact]
    public void Failed_dump_adds_nothing_and_is_no_baseline()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: false);
        table.BeginDump(owner);
        table.CancelDump(owner);
        table.EndDump(owner, [Make("10.0.0.1", 1, 2, bytes: 1000) with { Cookie = 9 }], isWhole: true);
        Assert.Equal(0u, owner.Dumps);
        Assert.Null(owner.Open);
    }

    /// <summary>Its message was lost. Until a second dump lacks it, the message may only be late.</summary>
    [Fact]
    public void Connection_that_two_dumps_lack_is_forgotten()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        Dump(table, owner, Make("10.0.0.1", 1, 2) with { Cookie = 9 }, Make("10.0.0.1", 1, 2) with { Cookie = 10 });
        Dump(table, owner, Make("10.0.0.1", 1, 2) with { Cookie = 10 });
        Assert.Equal([9UL, 10UL], owner.Open!.Keys.Order());
        Dump(table, owner, Make("10.0.0.1", 1, 2) with { Cookie = 10 });
        Assert.Equal([10UL], owner.Open.Keys);
    }

    [Fact]
    public void Connections_of_freed_number_are_forgotten_and_of_lost_number_kept()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        Dump(table, owner, Make("10.0.0.1", 1, 2, bytes: 7) with { Cookie = 9 });
        RowsOf(table, owner, new FlowOptions());
        table.FreeAll();

        // Something was closed before the namespace was found again.
        table.Add([Make("10.0.0.2", 1, 2) with { Cookie = 3 }]);
        FlowNamespace again = table.Bind(Number, 77, owner, isWhole: false);
        table.Add([Make("10.0.0.1", 1, 2, bytes: 9) with { Cookie = 9 }]);
        Assert.Equal(["10.0.0.1 unknown : 1 of 2", "10.0.0.2 unknown : 1 of 1"], RowsOf(table, again, new FlowOptions()));
        Dump(table, again, Make("10.0.0.1", 1, 2, bytes: 7) with { Cookie = 10 });
        table.Free(Number);
        Assert.Null(again.Open);
    }

    [Fact]
    public void Exit_takes_what_was_not_reported_yet()
    {
        var options = new FlowOptions { Top = 1 };
        FlowTable table = NewTable(options);
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        var rows = new FlowRows(options);
        table.Add([Make("10.0.0.1", 1, 2, bytes: 3)]);
        owner.PublishedGeneration = table.Swap(10, 0).Generation;
        table.Add([Make("10.0.0.2", 1, 2, bytes: 5), Make("10.0.0.3", 1, 2, bytes: 4)]);
        table.Swap(20, 6);
        table.Add([Make("10.0.0.3", 1, 2, bytes: 7)]);
        RowTable exit = new(Reading.FlowIntervalNs, Reading.FlowConnectionsLost);
        Assert.Equal(4u, table.TakeRunning(owner, rows, exit, nowNs: 27, lost: 2).Closed);
        Assert.Equal(["10.0.0.3 unknown : 2 of 11", "other unknown : 1 of 5"], Texts(exit));
        Assert.Equal((17, 8), (exit[0].Readings[Reading.FlowIntervalNs], exit[0].Readings[Reading.FlowConnectionsLost]));

        // Another container in the namespace has what follows.
        table.Add([Make("10.0.0.3", 1, 2, bytes: 9)]);
        Assert.Equal(["10.0.0.3 unknown : 1 of 9"], RowsOf(table, owner, options));
    }

    [Fact]
    public void Freed_number_is_of_next_namespace()
    {
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace before = table.Bind(Number, 77, null, isWhole: true);
        table.Add([Make("10.0.0.1", 1, 2, bytes: 3)]);
        table.Free(Number);
        Assert.Equal(-1, before.Number);
        table.Add([Make("10.0.0.9", 1, 2)]);
        FlowNamespace after = table.Bind(Number, 78, null, isWhole: true);
        FlowBuffer buffer = table.Swap(10, 0);
        Assert.Equal(["10.0.0.1 unknown : 1 of 3"], Texts(RowsOf(buffer, before, new FlowOptions())));
        Assert.Equal(["10.0.0.9 unknown : 1 of 1"], Texts(RowsOf(buffer, after, new FlowOptions())));

        // Even if that was not reported, a number with another identity is another namespace.
        Assert.NotSame(after, table.Bind(Number, 79, null, isWhole: true));
        table.FreeAll();
        Assert.Equal(-1, after.Number);
        FlowNamespace again = table.Bind(Number, 78, after, isWhole: true);
        Assert.Same(after, again);
        Assert.False(again.IsWhole);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.0.1", false)]
    [InlineData("::1", true)]
    public void Loopback_and_own_namespace_are_left_out(string remote, bool isIpv6)
    {
        NativeShim.FlowFlags flags = isIpv6 ? NativeShim.FlowFlags.Ipv6 : NativeShim.FlowFlags.None;
        FlowTable table = NewTable(new FlowOptions());
        FlowNamespace owner = table.Bind(Number, 77, null, isWhole: true);
        NativeShim.Flow toItself = Make("10.0.0.1", 1, 2) with { LocalFirst = Make("10.0.0.1", 1, 2).RemoteFirst };
        table.Add([Make(remote, 1, 2, flags: flags), toItself, Make("10.0.0.1", 1, 2) with { Namespace = NativeShim.OwnNamespace }]);
        Assert.Empty(RowsOf(table, owner, new FlowOptions()));
        Assert.Equal(0u, table.TotalsOf(owner).Closed);

        var with = new FlowTable(new FlowOptions(), withLoopback: true, _counters, 0);
        owner = with.Bind(Number, 77, null, isWhole: true);
        with.Add([Make(remote, 1, 2, flags: flags), toItself]);
        Assert.Equal(2, RowsOf(with, owner, new FlowOptions()).Length);
    }

    [Fact]
    public void More_ports_than_limit_make_direction_unknown()
    {
        var owner = new FlowNamespace(null);
        for (int port = 1; port <= FlowNamespace.MaxPorts + 1; port++) owner.AddPorts([(ushort)port]);
        Assert.Equal(FlowDirection.In, owner.DirectionOf(FlowNamespace.MaxPorts, NativeShim.FlowFlags.None));
        Assert.Equal(FlowDirection.Unknown, owner.DirectionOf(FlowNamespace.MaxPorts + 1, NativeShim.FlowFlags.None));
        Assert.Equal(FlowDirection.Out, owner.DirectionOf(1, NativeShim.FlowFlags.Opened));
        Assert.Equal(FlowDirection.In, owner.DirectionOf(5000, NativeShim.FlowFlags.Accepted));
    }

    [Fact]
    public void Ports_are_wanted_after_connections_of_unknown_direction()
    {
        var owner = new FlowNamespace(null);
        for (int i = 0; i < 5; i++)
        {
            Assert.True(owner.WantsPorts);
            owner.AddPorts([80]);
        }

        Assert.False(owner.WantsPorts);
        owner.DirectionOf(80, NativeShim.FlowFlags.None);
        Assert.False(owner.WantsPorts);
        owner.DirectionOf(81, NativeShim.FlowFlags.None);
        Assert.True(owner.WantsPorts);
        owner.AddPorts([80]);
        Assert.False(owner.WantsPorts);
    }

    private static void Dump(FlowTable table, FlowNamespace owner, params NativeShim.Flow[] flows)
    {
        table.BeginDump(owner);
        table.EndDump(owner, flows, isWhole: true);
    }

    private static string[] RowsOf(FlowTable table, FlowNamespace owner, FlowOptions options) => Texts(RowsOf(table.Swap(10, 0), owner, options));

    private static RowTable RowsOf(FlowBuffer buffer, FlowNamespace owner, FlowOptions options)
    {
        RowTable rows = new(Reading.FlowIntervalNs, Reading.FlowConnectionsLost);
        new FlowRows(options).Add(buffer, owner, rows, buffer.LengthNs, buffer.Lost);
        return rows;
    }

    private static string[] Texts(RowTable rows) => [.. Enumerable.Range(0, rows.Count).Select(i => rows[i]).Select(row =>
        $"{Encoding.ASCII.GetString(row.Key)} {Encoding.ASCII.GetString(row.MoreKey(0))} {Encoding.ASCII.GetString(row.MoreKey(1))}: {row.Readings[Reading.FlowConnectionsClosed]} of {row.Readings[Reading.FlowBytesSent]}")];

    private static NativeShim.Flow Make(string remote, int local, int port, long bytes = 1, NativeShim.FlowFlags flags = NativeShim.FlowFlags.None)
    {
        byte[] address = new byte[16];
        IPAddress.Parse(remote).GetAddressBytes().CopyTo(address, 0);
        return new NativeShim.Flow
        {
            Namespace = Number, LocalPort = (ushort)local, RemotePort = (ushort)port, BytesAcked = (ulong)bytes, Flags = flags,
            RemoteFirst = MemoryMarshal.Read<ulong>(address), RemoteSecond = MemoryMarshal.Read<ulong>(address.AsSpan(8)), LocalFirst = 1,
        };
    }

    private FlowTable NewTable(FlowOptions options) => new(options, withLoopback: false, _counters, 0);
}
