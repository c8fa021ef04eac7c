namespace NsCollector.Sample.Cgroup;

/// <summary>Parses the <c>MAJOR:MINOR </c> that a line about a block device begins with.</summary>
internal static class DeviceNumberParser
{
    /// <summary>Leaves the position after the space, or at the line feed of a line that has nothing else.</summary>
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
