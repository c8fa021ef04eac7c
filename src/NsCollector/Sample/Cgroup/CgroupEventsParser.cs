namespace NsCollector.Sample.Cgroup;

/// <summary>Parses cgroup.events of v2.</summary>
internal static class CgroupEventsParser
{
    /// <summary>Whether the cgroup or one below has a process, and whether it is frozen. Null if the key is missing.</summary>
    /// <returns>How many lines were malformed.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, out bool? populated, out bool? frozen)
    {
        populated = null;
        frozen = null;
        var lines = new FlatKeyedReader(text);
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            if (key.SequenceEqual("populated"u8)) populated = value != 0;
            else if (key.SequenceEqual("frozen"u8)) frozen = value != 0;
        }

        return lines.Malformed;
    }
}
