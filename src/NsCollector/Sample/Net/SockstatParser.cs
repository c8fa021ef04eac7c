using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>
/// /proc/net/sockstat (sockstat_seq_show in net/ipv4/proc.c): lines with a word and a colon, then pairs of a key and a
/// value. Only <c>inuse</c> and <c>tw</c> count the namespace. <c>orphan</c>, <c>alloc</c> and <c>mem</c> count the whole
/// host (tcp_orphan_count_sum takes no namespace) and would be the same for every container. So
/// <see cref="Reading.TcpOrphan"/> stays absent.
/// </summary>
internal static class SockstatParser
{
    private static readonly KernelKeys TcpKeys = KernelKeys.Of("net/sockstat", isV2: true).After("TCP ");
    private static readonly KernelKeys UdpKeys = KernelKeys.Of("net/sockstat", isV2: true).After("UDP ");

    /// <summary>Sets the readings that this kernel offers.</summary>
    /// <returns>False if a wanted line is truncated or malformed.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, ReadingSet readings)
    {
        bool understood = true;
        while (TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole))
        {
            ReadOnlySpan<byte> protocol = TextNumber.Word(ref line);
            bool isTcp = protocol.SequenceEqual("TCP:"u8);
            if (!isTcp && !protocol.SequenceEqual("UDP:"u8)) continue;
            if (!whole)
            {
                understood = false;
                continue;
            }

            KernelKeys keys = isTcp ? TcpKeys : UdpKeys;
            int next = 0;
            while (true)
            {
                ReadOnlySpan<byte> key = TextNumber.Word(ref line);
                if (key.IsEmpty) break;
                ReadOnlySpan<byte> word = TextNumber.Word(ref line);
                int index = keys.Find(key, ref next);
                if (index < 0) continue;
                if (!TextNumber.TryUnsigned(ref word, out ulong value))
                {
                    understood = false;
                    continue;
                }

                readings.SetUnsigned(keys[index].Reading, value);
            }
        }

        return understood;
    }
}
