using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Parses a flat keyed file by the keys that the metric catalogue has for it.</summary>
internal sealed class FlatKeyedParser(KernelKeys keys)
{
    /// <summary>Sets every reading that the text has; a key that the catalogue does not have is passed over.</summary>
    /// <param name="text">The file.</param>
    /// <param name="into">Receives the readings.</param>
    /// <param name="unit">What the kernel's numbers are multiplied by, beyond the factor of their key.</param>
    /// <returns>How many lines were not understood.</returns>
    internal int Parse(ReadOnlySpan<byte> text, ReadingSet into, ulong unit = 1)
    {
        var lines = new FlatKeyedReader(text);
        int next = 0;
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            int index = keys.Find(key, ref next);
            if (index >= 0) into.Set(keys[index].Reading, keys[index].Scale(value, unit));
        }

        return lines.Malformed;
    }
}
