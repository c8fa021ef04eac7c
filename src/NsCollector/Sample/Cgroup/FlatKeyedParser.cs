using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Parses a flat keyed file by its keys in the metric catalogue.</summary>
internal sealed class FlatKeyedParser(KernelKeys keys)
{
    /// <summary>Sets the readings of all keys; a key that is not in the catalogue is ignored.</summary>
    /// <param name="text">The file.</param>
    /// <param name="into">Receives the readings.</param>
    /// <param name="unit">Factor of the kernel's numbers, besides the factor of their key.</param>
    /// <returns>How many lines were malformed.</returns>
    internal int Parse(ReadOnlySpan<byte> text, ReadingSet into, ulong unit = 1)
    {
        var lines = new FlatKeyedReader(text);
        int next = 0;
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            int index = keys.Find(key, ref next);
            if (index >= 0) into.SetUnsigned(keys[index].Reading, keys[index].Scale(value, unit));
        }

        return lines.Malformed;
    }

    /// <summary>Adds the numbers to readings that are present.</summary>
    /// <returns>How many lines were malformed.</returns>
    internal int Add(ReadOnlySpan<byte> text, ReadingSet into)
    {
        var lines = new FlatKeyedReader(text);
        int next = 0;
        while (lines.Next(out ReadOnlySpan<byte> key, out ulong value))
        {
            int index = keys.Find(key, ref next);
            if (index >= 0 && into.TryGet(keys[index].Reading, out long own)) into.SetUnsigned(keys[index].Reading, (ulong)own + keys[index].Scale(value, 1));
        }

        return lines.Malformed;
    }

    /// <summary>Removes the readings of all keys.</summary>
    internal void Remove(ReadingSet from)
    {
        for (int i = 0; i < keys.Count; i++) from.Remove(keys[i].Reading);
    }
}
