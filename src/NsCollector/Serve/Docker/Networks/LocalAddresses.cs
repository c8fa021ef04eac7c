using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NsCollector.Sample.Net;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>The IPv4 addresses of a network namespace, from net/fib_trie (fib_trie_seq_show of net/ipv4/fib_trie.c).</summary>
internal static class LocalAddresses
{
    /// <summary>Maximum number of addresses; further ones are left out.</summary>
    internal const int Max = 1024;

    private const uint LoopbackNet = 127;

    /// <summary>Parses the file. The kernel prints the addresses in both of its tables.</summary>
    /// <param name="text">The text; its last line may be cut.</param>
    /// <returns>The addresses in host byte order, without those of 127.0.0.0/8.</returns>
    internal static SortedSet<uint> Parse(ReadOnlySpan<byte> text)
    {
        var found = new SortedSet<uint>();
        uint? address = null;
        while (found.Count < Max && TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole) && whole)
        {
            ReadOnlySpan<byte> first = TextNumber.Word(ref line);

            // A leaf: "|-- 10.88.0.5", then a line for each of its routes: "/32 host LOCAL".
            if (first.SequenceEqual("|--"u8)) address = ParseAddress(TextNumber.Word(ref line));
            else if (first.SequenceEqual("+--"u8)) address = null;
            else if (address is { } own && first.SequenceEqual("/32"u8) && IsLocal(line) && own >> 24 != LoopbackNet) found.Add(own);
        }

        return found;
    }

    private static bool IsLocal(ReadOnlySpan<byte> line) =>
        TextNumber.Word(ref line).SequenceEqual("host"u8) && TextNumber.Word(ref line).SequenceEqual("LOCAL"u8);

    private static uint? ParseAddress(ReadOnlySpan<byte> word)
    {
        // TryParse accepts fewer numbers, too.
        if (word.Count((byte)'.') != 3 || !IPAddress.TryParse(word, out IPAddress? address) || address.AddressFamily != AddressFamily.InterNetwork) return null;
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        return address.TryWriteBytes(bytes, out _) ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : null;
    }
}
