using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NsCollector.Sample.Flows;

namespace NsCollector.Tests.Sample.Flows;

public sealed class RemoteTextTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.231.7.254")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("fd00:1::2")]
    [InlineData("2001:db8:0:1:2:3:4:5")]
    [InlineData("2001:db8:0:0:1:0:0:1")]
    [InlineData("1:0:0:2:0:0:0:3")]
    [InlineData("0:0:0:1:0:0:0:0")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void Address_is_written_as_by_framework(string text)
    {
        IPAddress address = IPAddress.Parse(text);
        Assert.Equal(address.ToString(), Write(KeyOf(address), 32, 128));
    }

    [Fact]
    public void Random_addresses_are_written_as_by_framework()
    {
        var random = new Random(7);
        byte[] bytes = new byte[16];
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(bytes);

            // The framework writes addresses that begin with 96 bits of zero in another form.
            bytes[0] |= 1;
            for (int group = 1; group < 8; group++)
            {
                if (random.Next(2) == 0) bytes[2 * group] = bytes[(2 * group) + 1] = 0;
            }

            var address = new IPAddress(bytes);
            Assert.Equal(address.ToString(), Write(KeyOf(address), 32, 128));
        }
    }

    [Fact]
    public void Network_has_length_of_prefix()
    {
        Assert.Equal("10.1.0.0/16", Write(KeyOf(IPAddress.Parse("10.1.0.0")), 16, 128));
        Assert.Equal("2001:db8::/64", Write(KeyOf(IPAddress.Parse("2001:db8::")), 32, 64));
        Assert.Equal("::/0", Write(KeyOf(IPAddress.Parse("::")), 32, 0));
    }

    [Fact]
    public void Longest_text_fits() =>
        Assert.Equal(RemoteText.MaxBytes, Write(KeyOf(IPAddress.Parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 32, 127).Length);

    private static string Write(FlowKey key, int prefixIpv4, int prefixIpv6)
    {
        Span<byte> text = stackalloc byte[RemoteText.MaxBytes];
        return Encoding.ASCII.GetString(text[..RemoteText.Write(in key, prefixIpv4, prefixIpv6, text)]);
    }

    private static FlowKey KeyOf(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new FlowKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(8)), 0, FlowDirection.Unknown, true)
            : new FlowKey((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 32, 0, 0, FlowDirection.Unknown, false);
    }
}
