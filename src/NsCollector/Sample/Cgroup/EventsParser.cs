using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Parses the *.events files of v2, pids.events of both, and memory.oom_control of v1: one key of a flat keyed file.</summary>
internal static class EventsParser
{
    /// <summary>Sets a reading from one key; leaves it absent where the key is not there.</summary>
    /// <returns>How many lines were not understood.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, ReadOnlySpan<byte> wanted, Reading reading, ReadingSet into)
    {
        var lines = new FlatKeyedReader(text);
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            if (key.SequenceEqual(wanted)) into.SetUnsigned(reading, value);
        }

        return lines.Malformed;
    }

    /// <summary>memory.events: <c>max</c> is how often usage was about to go over the limit, <c>oom_kill</c> how many processes were killed.</summary>
    /// <returns>How many lines were not understood.</returns>
    internal static int ParseMemoryEvents(ReadOnlySpan<byte> text, ReadingSet into)
    {
        var lines = new FlatKeyedReader(text);
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            if (key.SequenceEqual("max"u8)) into.SetUnsigned(Reading.MemoryFailcnt, value);
            else if (key.SequenceEqual("oom_kill"u8)) into.SetUnsigned(Reading.MemoryOomKills, value);
        }

        return lines.Malformed;
    }

    /// <summary>cgroup.events: whether the cgroup or one below has a process, and whether it is frozen. Null where the key is missing.</summary>
    /// <returns>How many lines were not understood.</returns>
    internal static int ParseCgroupEvents(ReadOnlySpan<byte> text, out bool? populated, out bool? frozen)
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
