using System.Text;
using NsCollector.Sample.Netfilter;

namespace NsCollector.Tests.Sample.Netfilter;

/// <summary>Property: whatever bytes a table has, the parser ends. What a real table has is in NetfilterReaderTests.</summary>
public sealed class XtablesParserTests
{
    private readonly NetfilterTotals _counters = new(100);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chain_is_that_of_hook_or_of_last_error_target(bool isIpv6)
    {
        byte[] first = Entry(isIpv6, "comment", "a", "ACCEPT", 1, 100), second = Entry(isIpv6, "comment", "a", "ACCEPT", 2, 200), third = Entry(isIpv6, "tcp", "b", "ACCEPT", 4, 400);
        byte[] user = Entry(isIpv6, null, "", "ERROR", 0, 0, "mine"), fourth = Entry(isIpv6, "comment", "a", "DROP", 8, 800), end = Entry(isIpv6, null, "", "ERROR", 0, 0, "ERROR");
        uint[] hooks = [99, 0, (uint)first.Length, 99, 99];
        Assert.True(Parse(isIpv6, 0b110, hooks, [.. first, .. second, .. third, .. user, .. fourth, .. end]));
        string family = isIpv6 ? "ip6" : "ip";
        Assert.Equal([$"{family} filter INPUT a 1 100 1", $"{family} filter FORWARD a 2 200 1", $"{family} filter mine a 8 800 1"], CounterText.Of(_counters));
    }

    [Fact]
    public void Any_damage_ends()
    {
        byte[] table = [.. Entry(false, "comment", "a", "ACCEPT", 1, 100), .. Entry(false, null, "", "ERROR", 0, 0, "mine")];
        uint[] hooks = [0, 0, 0, 0, 0];
        for (int length = 1; length < table.Length; length++) Parse(false, 1, hooks, table[..length]);
        for (int i = 0; i < table.Length; i++)
        {
            foreach (byte value in (byte[])[0, 1, 4, 32, 0x7f, 0xff])
            {
                byte[] changed = [.. table];
                changed[i] = value;
                Parse(false, 1, hooks, changed);
            }
        }

        Assert.True(Parse(false, 1, hooks, table));
        Assert.False(Parse(false, 1, hooks, table[..^1]));
    }

    private bool Parse(bool isIpv6, uint validHooks, uint[] hooks, byte[] entries)
    {
        _counters.Begin();
        bool isUnderstood = XtablesParser.Parse(isIpv6, "filter"u8, validHooks, hooks, entries, _counters);
        _counters.End();
        return isUnderstood;
    }

    private static byte[] Entry(bool isIpv6, string? match, string data, string target, ulong packets, ulong bytes, string error = "")
    {
        (int targetOffset, int nextOffset, int counters, int matches) = isIpv6 ? (140, 142, 152, 168) : (88, 90, 96, 112);
        byte[] matchBytes = match is null ? [] : Part(match, data, 256), targetBytes = Part(target, error, target == "ERROR" ? 32 : 8);
        byte[] entry = [.. new byte[matches], .. matchBytes, .. targetBytes];
        BitConverter.TryWriteBytes(entry.AsSpan(targetOffset), (ushort)(matches + matchBytes.Length));
        BitConverter.TryWriteBytes(entry.AsSpan(nextOffset), (ushort)entry.Length);
        BitConverter.TryWriteBytes(entry.AsSpan(counters), packets);
        BitConverter.TryWriteBytes(entry.AsSpan(counters + 8), bytes);
        return entry;
    }

    private static byte[] Part(string name, string data, int dataBytes)
    {
        byte[] part = new byte[32 + dataBytes];
        BitConverter.TryWriteBytes(part, (ushort)part.Length);
        Encoding.ASCII.GetBytes(name, part.AsSpan(2));
        Encoding.ASCII.GetBytes(data, part.AsSpan(32));
        return part;
    }
}
