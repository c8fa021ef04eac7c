using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Netfilter;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Netfilter;

/// <summary>Property: the counters are those that nft(8), nfacct(8) and iptables(8) show, and count what the test has sent.</summary>
[Collection(NamespaceTests.Name)]
public sealed partial class NetfilterReaderTests : IDisposable
{
    private const int Sent = 5, Payload = 100, Datagram = Payload + 8 + 20;

    private const string Rules = """
        table inet t {
            counter named { }
            counter unused { }
            chain in {
                type filter hook input priority 0;
                udp dport 9 counter comment "to port 9, all"
                udp dport 9 counter comment "twice"
                udp dport 9 counter comment "twice"
                udp dport 9 counter
                udp dport 9 comment "not counted"
                udp dport 9 counter name "named"
                udp dport 10 counter comment "other"
                counter ip saddr 127.0.0.1 udp dport 9 counter comment "last counter"
            }
            chain out {
                type filter hook output priority 0;
                udp dport 9 counter comment "twice"
            }
        }
        table bridge b {
            chain c {
                counter comment "bridged"
            }
        }
        """;

    private readonly NamespaceProcess _process = NamespaceProcess.Start();
    private readonly AgentCounters _counters = new();
    private readonly NetfilterParts _parts = NetfilterParts.Find(new HostRoots());
    private readonly NetfilterReader _reader;

    public NetfilterReaderTests()
    {
        _reader = new NetfilterReader(1000, _counters);
        _process.Run("ip", "link", "set", "lo", "up");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _process.Dispose();
        Assert.Equal(0, _counters[AgentCounter.NetfilterErrors]);
    }

    [Fact]
    public void Namespace_without_rules_has_none()
    {
        Assert.Empty(Read());
        Assert.Equal("", _process.Run("cat", "/proc/net/ip_tables_names"));
    }

    [Fact]
    public void Rules_and_named_counters_of_nftables_equal_nft_and_what_was_sent()
    {
        Nft(Rules);
        Send();
        ReadTotal[] read = Read();
        Assert.All(read, total => Assert.Equal("nftables", total.Source));
        Assert.Equal(
            [
                ("inet", "t", "in", "to port 9, all", Sent, 1), ("inet", "t", "in", "twice", 2 * Sent, 2), ("inet", "t", "in", "other", 0, 1), ("inet", "t", "in", "last counter", Sent, 1),
                ("inet", "t", "out", "twice", Sent, 1), ("bridge", "b", "c", "bridged", 0, 1), ("inet", "t", "", "named", Sent, 1), ("inet", "t", "", "unused", 0, 0),
            ],
            read.Select(total => (total.Family, total.Table, total.Chain, total.Name, total.Packets, total.Rules)));
        Assert.All(read, total => Assert.Equal(total.Packets * Datagram, total.Bytes));
        AssertEqualsNft(read);
    }

    [Fact]
    public void Comments_of_iptables_nft_are_read()
    {
        _process.Run("iptables-nft", "-A", "INPUT", "-p", "udp", "--dport", "9", "-m", "comment", "--comment", "by iptables-nft", "-j", "ACCEPT");
        _process.Run("ip6tables-nft", "-t", "nat", "-A", "POSTROUTING", "-m", "comment", "--comment", "ipv6", "-j", "MASQUERADE");
        Send();
        Assert.Equal(
            [new("nftables", "ip", "filter", "INPUT", "by iptables-nft", Sent, Sent * Datagram, 1), new("nftables", "ip6", "nat", "POSTROUTING", "ipv6", 0, 0, 1)],
            Read());
    }

    [Fact]
    public void Objects_of_nfacct_equal_nfacct_and_what_was_sent()
    {
        _process.Run("nfacct", "add", "http traffic");
        _process.Run("nfacct", "add", "unused");
        _process.Run("iptables-legacy", "-A", "INPUT", "-p", "udp", "--dport", "9", "-m", "nfacct", "--nfacct-name", "http traffic");
        Send();
        ReadTotal[] read = Read();
        Assert.Equal([new("nfacct", "", "", "", "http traffic", Sent, Sent * Datagram, 1), new("nfacct", "", "", "", "unused", 0, 0, 0)], read);
        (string, long, long)[] listed = [.. NfacctLine().Matches(_process.Run("nfacct", "list")).Select(line => (line.Groups[3].Value, Number(line.Groups[1]), Number(line.Groups[2])))];
        Assert.Equal(listed, read.Select(total => (total.Name, total.Packets, total.Bytes)));
    }

    [Fact]
    public void Legacy_rules_with_comment_equal_iptables_and_what_was_sent()
    {
        Legacy("iptables-legacy", "-N", "mine");
        Legacy("iptables-legacy", "-A", "INPUT", "-p", "udp", "--dport", "9", "-m", "comment", "--comment", "in", "-j", "mine");
        Legacy("iptables-legacy", "-A", "mine", "-m", "comment", "--comment", "in mine", "-m", "udp", "-p", "udp", "--dport", "9", "-j", "ACCEPT");
        Legacy("iptables-legacy", "-A", "mine", "-j", "DROP");
        Legacy("iptables-legacy", "-A", "OUTPUT", "-m", "comment", "--comment", "out", "-p", "udp", "--dport", "9");
        Legacy("iptables-legacy", "-A", "OUTPUT", "-m", "comment", "--comment", "out", "-p", "udp");
        Legacy("iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-m", "comment", "--comment", "mangled");
        Legacy("ip6tables-legacy", "-t", "raw", "-A", "OUTPUT", "-p", "udp", "-m", "comment", "--comment", "six");
        Send();
        Send("::1");
        ReadTotal[] read = Read();
        Assert.Equal(
            [
                new("ip6tables", "ip6", "raw", "OUTPUT", "six", Sent, Sent * (Datagram + 20), 1), new("iptables", "ip", "filter", "INPUT", "in", Sent, Sent * Datagram, 1),
                new("iptables", "ip", "filter", "OUTPUT", "out", 2 * Sent, 2 * Sent * Datagram, 2), new("iptables", "ip", "filter", "mine", "in mine", Sent, Sent * Datagram, 1),
            ],
            read.Where(total => total.Table != "mangle").OrderBy(total => total.Source, StringComparer.Ordinal).ThenBy(total => total.Chain, StringComparer.Ordinal));
        ReadTotal mangled = Assert.Single(read, total => total.Table == "mangle");
        Assert.Equal(("PREROUTING", "mangled"), (mangled.Chain, mangled.Name));
        Assert.True(mangled.Packets >= Sent);
        AssertEqualsSave(read);
    }

    /// <summary>A comment may have any bytes; the encoders escape them.</summary>
    [Fact]
    public void Hostile_comment_is_read_as_it_is()
    {
        _process.Run("bash", "-c", """iptables-legacy -A INPUT -m comment --comment $'a\nb,=\xff"\\'; iptables-nft -A INPUT -m comment --comment $'\e[31m\xc3'""");
        Assert.Equal(["\u001b[31m\u00c3", "a\nb,=\u00ff\"\\"], Read().Select(total => total.Name));
    }

    [Fact]
    public void Reading_creates_no_table_of_iptables()
    {
        Legacy("iptables-legacy", "-A", "INPUT", "-m", "comment", "--comment", "x");
        Assert.Single(Read());
        Assert.Equal("filter", _process.Run("cat", "/proc/net/ip_tables_names"));
        Assert.Equal("", _process.Run("cat", "/proc/net/ip6_tables_names"));
    }

    [Fact]
    public void Namespace_of_user_namespace_is_read()
    {
        using NamespaceProcess process = NamespaceProcess.StartInUserNamespace();
        process.RunWithInput("table ip u { chain c { counter comment \"theirs\"; }; }", "nft", "-f", "-");
        process.Run("iptables-legacy", "-A", "INPUT", "-m", "comment", "--comment", "legacy");
        Assert.Equal(["theirs", "legacy"], Read(process).Select(total => total.Name));
    }

    [Fact]
    public void Rules_over_limit_are_left_out_and_counted()
    {
        using var reader = new NetfilterReader(3, _counters);
        var counters = new NetfilterTotals(3);
        Nft("table ip a { chain c { counter comment \"1\"; counter comment \"2\"; counter comment \"3\"; counter comment \"4\"; counter comment \"2\"; counter comment \"5\"; }; }");
        Assert.Equal(NetfilterResult.Read, reader.Read(_process.Directory.Descriptor, _process.NetInode, _parts, counters));
        Assert.Equal((3, 2, 1L), (counters.Count, counters.LeftOut, _counters[AgentCounter.NetfilterOverLimit]));
        Assert.Equal(2, counters[1].Rules);
    }

    [Fact]
    public void Many_rules_are_read_whole()
    {
        const int Count = 900;
        Nft("table ip a { chain c { " + string.Join("\n", Enumerable.Range(0, Count).Select(i => $"ip saddr 10.0.{i / 256}.{i % 256} counter comment \"rule {i} {new string('x', 80)}\"")) + "\n}; }");
        _process.RunWithInput("*filter\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"-A INPUT -s 10.0.0.{i} -m comment --comment old{i}\n")) + "COMMIT\n", "iptables-legacy-restore");
        ReadTotal[] read = Read();
        Assert.Equal(Count, read.Count(total => total.Source == "nftables"));
        Assert.Equal(50, read.Count(total => total.Source == "iptables"));
        AssertEqualsNft(read);
    }

    [Fact]
    public void Dump_over_limit_of_memory_is_cut_and_counted()
    {
        var counters = new NetfilterTotals(100_000);
        using var reader = new NetfilterReader(64, _counters);
        Nft("table ip a { chain c { " + string.Concat(Enumerable.Repeat("ip saddr 10.0.0.1 ip daddr 10.0.0.2 tcp dport 1 counter\n", 4000)) + "counter comment \"last\"\n}; }");
        Assert.Equal(NetfilterResult.Read, reader.Read(_process.Directory.Descriptor, _process.NetInode, _parts, counters));
        Assert.Equal((0, 1L), (counters.Count, _counters[AgentCounter.NetfilterOverLimit]));
    }

    [Fact]
    public void Process_that_has_exited_is_elsewhere()
    {
        ProcessDirectory directory = _process.Directory;
        ulong identity = _process.NetInode;
        _process.Kill();
        Assert.Equal(NetfilterResult.Elsewhere, _reader.Read(directory.Descriptor, identity, _parts, new NetfilterTotals(1)));
    }

    [Fact]
    public void Another_namespace_is_not_entered()
    {
        Nft(Rules);
        Assert.Equal(NetfilterResult.Elsewhere, _reader.Read(_process.Directory.Descriptor, _process.NetInode + 1, _parts, new NetfilterTotals(1)));
    }

    [Fact]
    public void Without_capability_nothing_is_permitted()
    {
        ThreadCapabilities.Without([ThreadCapabilities.NetAdmin], () => Assert.Equal(NetfilterResult.NotPermitted, _reader.ReadOwn(_parts, new NetfilterTotals(1))));
    }

    [Fact]
    public void Steady_reading_allocates_nothing()
    {
        Nft(Rules);
        Legacy("iptables-legacy", "-A", "INPUT", "-m", "comment", "--comment", "x");
        var netfilter = new ContainerNetfilter(new NetfilterTotals(1000));
        var sample = new ContainerSample();
        ProcessDirectory directory = _process.Directory;
        ulong identity = _process.NetInode;
        for (int i = 0; i < 5; i++) ReadOnce();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++) ReadOnce();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(9, sample.Netfilter!.Count);

        void ReadOnce()
        {
            _reader.Read(directory.Descriptor, identity, _parts, netfilter.Totals);
            netfilter.CopyTo(sample.BeginNetfilter());
        }
    }

    [Fact]
    public void Changed_rules_are_read_again()
    {
        var counters = new NetfilterTotals(1000);
        for (int i = 0; i < 3; i++)
        {
            Nft($"flush ruleset; table ip a {{ chain c {{ counter comment \"{i}\"; counter comment \"same\"; counter comment \"x{i}\"; }}; }}");
            Assert.Equal(NetfilterResult.Read, _reader.Read(_process.Directory.Descriptor, _process.NetInode, _parts, counters));
            Assert.Equal([$"{i}", "same", $"x{i}"], ReadTotal.Of(Rows(counters)).Select(total => total.Name).Order(StringComparer.Ordinal));
        }
    }

    private ReadTotal[] Read(NamespaceProcess? process = null)
    {
        process ??= _process;
        var counters = new NetfilterTotals(100_000);
        Assert.Equal(NetfilterResult.Read, _reader.Read(process.Directory.Descriptor, process.NetInode, _parts, counters));
        return ReadTotal.Of(Rows(counters));
    }

    private static RowTable Rows(NetfilterTotals counters)
    {
        var rows = RowTable.Of(SamplePart.Netfilter);
        new ContainerNetfilter(counters).CopyTo(rows);
        return rows;
    }

    private void Nft(string rules) => _process.RunWithInput(rules, "nft", "-f", "-");

    private void Legacy(string program, params string[] arguments) => _process.Run(program, arguments);

    private void Send(string address = "127.0.0.1") =>
        NamespaceThread.Run(_process.Pid, () =>
        {
            var there = new IPEndPoint(IPAddress.Parse(address), 9);
            using var socket = new Socket(there.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            for (int i = 0; i < Sent; i++) socket.SendTo(new byte[Payload], there);
        });

    // What nft shows of rules with a counter and a comment, and of named counters.
    private void AssertEqualsNft(ReadTotal[] read)
    {
        using JsonDocument document = JsonDocument.Parse(_process.Run("nft", "-j", "list", "ruleset"));
        var shown = new Dictionary<(string Family, string Table, string Chain, string Name), (long Packets, long Bytes)>();
        foreach (JsonElement item in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (item.TryGetProperty("counter", out JsonElement named)) Add(named, "", named.GetProperty("name").GetString()!, named);
            if (!item.TryGetProperty("rule", out JsonElement rule) || !rule.TryGetProperty("comment", out JsonElement comment)) continue;
            JsonElement[] counters = [.. rule.GetProperty("expr").EnumerateArray().Where(part => part.TryGetProperty("counter", out JsonElement value) && value.ValueKind == JsonValueKind.Object)];
            if (counters.Length > 0) Add(rule, rule.GetProperty("chain").GetString()!, comment.GetString()!, counters[^1].GetProperty("counter"));
        }

        Assert.Equal(
            shown.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)),
            read.Where(total => total.Source == "nftables").Select(total => (Key: (total.Family, total.Table, total.Chain, total.Name), Value: (total.Packets, total.Bytes))).OrderBy(pair => pair.Key));

        void Add(JsonElement place, string chain, string name, JsonElement counted)
        {
            var key = (place.GetProperty("family").GetString()!, place.GetProperty("table").GetString()!, chain, name);
            shown.TryGetValue(key, out (long Packets, long Bytes) before);
            shown[key] = (before.Packets + counted.GetProperty("packets").GetInt64(), before.Bytes + counted.GetProperty("bytes").GetInt64());
        }
    }

    // What iptables-save shows of rules with a comment.
    private void AssertEqualsSave(ReadTotal[] read)
    {
        foreach (string program in (string[])["iptables-legacy-save", "ip6tables-legacy-save"])
        {
            string table = "";
            var shown = new Dictionary<(string Table, string Chain, string Name), (long Packets, long Bytes)>();
            foreach (string line in _process.Run(program, "-c").Split('\n'))
            {
                if (line.StartsWith('*')) table = line[1..];
                Match match = SavedRule().Match(line);
                if (!match.Success) continue;
                var key = (table, match.Groups[3].Value, match.Groups[4].Value.Trim('"'));
                shown.TryGetValue(key, out (long Packets, long Bytes) before);
                shown[key] = (before.Packets + Number(match.Groups[1]), before.Bytes + Number(match.Groups[2]));
            }

            Assert.NotEmpty(shown);
            Assert.Equal(
                shown.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)),
                read.Where(total => program.StartsWith(total.Source + "-", StringComparison.Ordinal)).Select(total => (Key: (total.Table, total.Chain, total.Name), Value: (total.Packets, total.Bytes))).OrderBy(pair => pair.Key));
        }
    }

    private static long Number(Group group) => long.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("pkts = ([0-9]+), bytes = ([0-9]+) } = (.*);")]
    private static partial Regex NfacctLine();

    [GeneratedRegex("^\\[([0-9]+):([0-9]+)\\] -A (\\S+) .*--comment (\"[^\"]*\"|\\S+)")]
    private static partial Regex SavedRule();
}
