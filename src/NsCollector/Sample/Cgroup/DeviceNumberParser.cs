namespace NsCollector.Sample.Cgroup;

/// <summary>Parses the <c>MAJOR:MINOR </c> at the start of a line about a block device.</summary>
internal static class DeviceNumberParser
{
    /// <summary>Moves the position after the space, or to the line feed if the line has nothing else.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, ref int position, out uint major, out uint minor)
    {
        major = minor = 0;
        if (!KernelText.TryReadUnsigned(text, ref position, out ulong first) || first > uint.MaxValue || text[position] != ':') return false;
        position++;
        if (!KernelText.TryReadUnsigned(text, ref position, out ulong second) || second > uint.MaxValue) return false;
        if (text[position] == ' ') position++;
        else if (text[position] != KernelText.LineFeed) return false;
        major = (uint)first;
        minor = (uint)second;
        return true;
    }
}
