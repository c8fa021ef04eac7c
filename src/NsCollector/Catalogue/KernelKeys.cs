using System.Text;

namespace NsCollector.Catalogue;

/// <summary>The keys of one kernel file that the catalogue reads: what drives the parser of that file. Made once; a look-up allocates nothing.</summary>
internal sealed class KernelKeys
{
    private readonly Entry[] _entries;

    private KernelKeys(Entry[] entries) => _entries = entries;

    /// <summary>How many there are.</summary>
    internal int Count => _entries.Length;

    internal ref readonly Entry this[int index] => ref _entries[index];

    /// <summary>The keys of a file.</summary>
    /// <param name="file">The file, as the kernel names it.</param>
    /// <param name="isV2">Whether it is read from cgroup v2; files of network namespaces have the same keys for both.</param>
    internal static KernelKeys Of(string file, bool isV2) =>
        Of(file, isV2, part => part is not (SamplePart.Exit or SamplePart.Oom));

    /// <summary>The keys of a file that the measurements of some parts of a sample read.</summary>
    internal static KernelKeys Of(string file, bool isV2, Func<SamplePart, bool> isWanted) => new(
    [
        .. from measurement in MetricCatalogue.Measurements
           where isWanted(measurement.Part)
           from field in measurement.Fields
           where field.CopyOf is null
           from key in (isV2 ? field.SourceV2 : field.SourceV1).Keys
           where key.File == file
           select new Entry(Encoding.ASCII.GetBytes(key.Key), (Reading)field.Index, (ulong)key.Factor),
    ]);

    /// <summary>The reading of a file that holds one number.</summary>
    /// <exception cref="InvalidOperationException">No field, or more than one, is read from the file.</exception>
    internal static Reading ReadingOf(string file, bool isV2)
    {
        KernelKeys keys = Of(file, isV2);
        return keys.Count == 1 ? keys[0].Reading : throw new InvalidOperationException($"The metric catalogue reads {keys.Count} fields from {file}.");
    }

    /// <summary>The keys whose readings are wanted.</summary>
    internal KernelKeys Where(Func<Reading, bool> isWanted) => new([.. _entries.Where(entry => isWanted(entry.Reading))]);

    /// <summary>These keys and others.</summary>
    internal KernelKeys And(KernelKeys others) => new([.. _entries, .. others._entries.Where(other => !_entries.Any(entry => entry.Key.SequenceEqual(other.Key)))]);

    /// <summary>Whether any key gives a reading.</summary>
    internal bool Has(Reading reading) => _entries.Any(entry => entry.Reading == reading);

    /// <summary>The keys that begin with a word, without it.</summary>
    internal KernelKeys After(string prefix) => new(
    [
        .. _entries.Where(entry => entry.Key.StartsWith(Encoding.ASCII.GetBytes(prefix)))
            .Select(entry => entry with { Key = entry.Key[prefix.Length..] }),
    ]);

    /// <summary>Finds a key.</summary>
    /// <param name="key">As the kernel wrote it.</param>
    /// <param name="next">Where the search begins: a kernel writes its keys always in the same order. Moves behind what is found.</param>
    /// <returns>Its index; -1 if the catalogue does not have it.</returns>
    internal int Find(ReadOnlySpan<byte> key, ref int next)
    {
        Entry[] entries = _entries;
        for (int i = 0, at = next; i < entries.Length; i++, at++)
        {
            if (at >= entries.Length) at = 0;
            if (!key.SequenceEqual(entries[at].Key)) continue;
            next = at + 1;
            return at;
        }

        return -1;
    }

    /// <summary>One key.</summary>
    /// <param name="Key">As the kernel writes it.</param>
    /// <param name="Reading">What it gives.</param>
    /// <param name="Factor">What the kernel's number is multiplied by.</param>
    internal readonly record struct Entry(byte[] Key, Reading Reading, ulong Factor)
    {
        /// <summary>The number in the unit of the reading, at most 2^63-1.</summary>
        internal long Scale(ulong value, ulong unit = 1)
        {
            ulong factor = Factor * unit;
            if (factor != 1) return value > long.MaxValue / factor ? long.MaxValue : (long)(value * factor);
            return value > long.MaxValue ? long.MaxValue : (long)value;
        }
    }
}
