using System.Collections.Immutable;
using System.Text;
using NsCollector.Serve.Docker.Networks;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Serve.Docker.Networks;

/// <summary>
/// The addresses of network namespaces from files that Linux 6.18 wrote. In two-interfaces.txt, <c>ip address</c> showed eth0 10.88.0.5/16 (primary),
/// 10.88.0.9/16 (secondary), fd00:88::5/64 and eth1 192.168.77.2/29, fd00:77::2/120; in no-subnet.txt, eth0 192.168.140.66/32.
/// </summary>
public sealed class NamespaceAddressesTests
{
    [Fact]
    public void Recorded_interfaces_have_the_addresses_that_ip_shows()
    {
        ImmutableArray<InterfaceAddresses> found = Parse(RecordedSections.Read("Networks/two-interfaces.txt"));
        Assert.Equal(
            ["eth0 10.88.0.5/16 via 10.88.0.1 fd00:88::5/64 via fd00:88::1", "eth1 192.168.77.2/29 via  fd00:77::2/120 via "],
            found.Select(Text));
    }

    [Fact]
    public void Address_without_subnet_belongs_to_the_interface_of_the_default_route()
    {
        InterfaceAddresses found = Assert.Single(Parse(RecordedSections.Read("Networks/no-subnet.txt")));
        Assert.Equal("eth0 192.168.140.66/32 via 169.254.1.1 /0 via ", Text(found));
    }

    [Fact]
    public void Inner_interfaces_are_left_out()
    {
        InterfaceAddresses found = Assert.Single(Parse(RecordedSections.Read("Networks/two-interfaces.txt"), "lo", "eth0"));
        Assert.Equal("eth1", found.Interface);
    }

    [Fact]
    public void Texts_that_are_cut_anywhere_give_only_addresses_that_exist()
    {
        foreach (string resource in (string[])["Networks/two-interfaces.txt", "Networks/no-subnet.txt"])
        {
            Dictionary<string, string> whole = RecordedSections.Read(resource);
            string[] addresses = [.. Parse(whole).SelectMany(Addresses), "10.88.0.9"];
            foreach ((string file, string text) in whole)
            {
                for (int length = 0; length < text.Length; length++)
                {
                    ImmutableArray<InterfaceAddresses> found = Parse(new(whole) { [file] = text[..length] });
                    Assert.Empty(found.SelectMany(Addresses).Except(addresses));
                }
            }
        }
    }

    [Theory]
    [InlineData("fib_trie", "     |-- 10.88.0.5\n        /24 link UNICAST\n")]
    [InlineData("fib_trie", "     |-- 10.88.0\n        /32 host LOCAL\n     |-- 10.88.0.5.6\n        /32 host LOCAL\n     |-- ::1\n        /32 host LOCAL\n")]
    [InlineData("fib_trie", "        /32 host LOCAL\n     |--\n     |-- 10.88.0.5\n     +-- 10.88.0.0/16 2 0 2\n        /32 host LOCAL\n")]
    [InlineData("fib_trie", "|-- 127.1.2.3\n/32 host LOCAL\n\0\0\0\n|-- 10.88.0.5\n/32 host\n/32 host LOCALLY\n")]
    [InlineData("route", "eth0\nlo\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\neth0\t0000580A\t00000000\t0000\t0\t0\t0\t0000FFFF\t0\t0\t0\n")]
    [InlineData("route", "eth0\t0000580A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\neth0\t0000580Z\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\teth0\t\t\t\n")]
    public void Lines_that_are_odd_give_no_ipv4_address(string file, string text)
    {
        Dictionary<string, string> files = RecordedSections.Read("Networks/two-interfaces.txt");
        files[file] = text;
        Assert.DoesNotContain(Parse(files), one => one.Address is not null);
    }

    [Theory]
    [InlineData("fd00008800000000000000000000005 02 40 00 82 eth0\n")]
    [InlineData("fd0000880000000000000000000000zz 02 40 00 82 eth0\n")]
    [InlineData("fd000088000000000000000000000005 02 81 00 82 eth0\n")]
    [InlineData("fd000088000000000000000000000005 02 40 00 82\n")]
    [InlineData("fd000088000000000000000000000005 02 40 00 c0 eth0\n")] // tentative
    [InlineData("fd000088000000000000000000000005 02 40 00 88 eth0\n")] // a duplicate
    [InlineData("fd000088000000000000000000000005 02 40 00 01 eth0\n")] // temporary
    [InlineData("fe800000000000000000000000000005 02 40 20 80 eth0\n")] // link-local
    [InlineData("\n\n \0\n")]
    public void Lines_that_are_odd_or_unreliable_give_no_ipv6_address(string text) =>
        Assert.Empty(Ipv6Address.Parse(Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void Namespace_with_thousands_of_addresses_is_bounded()
    {
        var trie = new StringBuilder();
        var routes = new StringBuilder("Iface\tDestination\n");
        for (int i = 0; i < 5000; i++)
        {
            trie.Append(System.Globalization.CultureInfo.InvariantCulture, $"|-- 10.{i >> 8}.{i & 255}.1\n   /32 host LOCAL\n");
            routes.Append(System.Globalization.CultureInfo.InvariantCulture, $"e{i}\t00{i & 255:X2}{i >> 8:X2}0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
        }

        ImmutableArray<InterfaceAddresses> found = Parse(new() { ["fib_trie"] = trie.ToString(), ["route"] = routes.ToString(), ["if_inet6"] = "", ["ipv6_route"] = "" });
        Assert.Equal(NamespaceAddresses.MaxInterfaces, found.Length);
        Assert.Equal("e0 10.0.0.1/24 via  /0 via ", Text(found[0]));
    }

    private static ImmutableArray<InterfaceAddresses> Parse(Dictionary<string, string> files, params string[] inner)
    {
        return NamespaceAddresses.Of(
            LocalAddresses.Parse(Bytes("fib_trie")), Ipv4Route.Parse(Bytes("route")), Ipv6Address.Parse(Bytes("if_inet6")), Ipv6Gateways.Parse(Bytes("ipv6_route")), inner.ToHashSet());

        byte[] Bytes(string file) => Encoding.Latin1.GetBytes(files[file]);
    }

    private static string Text(InterfaceAddresses one) =>
        $"{one.Interface} {one.Address}/{one.PrefixLength} via {one.Gateway} {one.Address6}/{one.PrefixLength6} via {one.Gateway6}";

    private static IEnumerable<string> Addresses(InterfaceAddresses one) =>
        new[] { one.Address, one.Address6 }.OfType<System.Net.IPAddress>().Select(address => address.ToString());
}
