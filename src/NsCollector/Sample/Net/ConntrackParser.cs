using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>/proc/sys/net/netfilter/nf_conntrack_count and nf_conntrack_max: one decimal number and a line feed.</summary>
internal static class ConntrackParser
{
    /// <summary>Sets one reading.</summary>
    /// <returns>False if the text is not a number; the reading then stays absent.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, Reading reading, ReadingSet readings)
    {
        if (!TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out _)) return false;
        if (!TextNumber.TryUnsigned(ref line, out ulong value)) return false;
        readings.SetUnsigned(reading, value);
        return true;
    }
}
