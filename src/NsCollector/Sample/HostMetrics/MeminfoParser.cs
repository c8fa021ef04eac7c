using NsCollector.Catalogue;
using NsCollector.Sample.Net;

namespace NsCollector.Sample.HostMetrics;

/// <summary>/proc/meminfo (meminfo_proc_show in fs/proc/meminfo.c): lines <c>Key:   N kB</c>, and a few without a unit, which are not wanted.</summary>
internal static class MeminfoParser
{
    private static readonly KernelKeys Keys = KernelKeys.Of("meminfo", isV2: true);

    /// <returns>False if a wanted line is torn or malformed.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, ReadingSet into)
    {
        bool understood = true;
        int next = 0;
        while (TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole))
        {
            ReadOnlySpan<byte> key = TextNumber.Word(ref line);
            if (key.IsEmpty || key[^1] != (byte)':' || Keys.Find(key[..^1], ref next) is not (>= 0 and int index)) continue;
            if (whole && TextNumber.TryUnsigned(ref line, out ulong kilobytes) && line.SequenceEqual(" kB"u8))
                into.SetUnsigned(Keys[index].Reading, Keys[index].Scale(kilobytes));
            else understood = false;
        }

        return understood;
    }
}
