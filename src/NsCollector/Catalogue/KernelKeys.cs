using System.Text;

namespace NsCollector.Catalogue;

/// <summary>The keys that the catalogue reads from one kernel file. They drive the parser of that file. A look-up allocates nothing.</summary>
internal sealed class KernelKeys
{
    private readonly Entry[] _entries;

    private KernelKeys(Entry[] entries) => _entries = entries;

    /// <summary>The number of keys.</summary>
    internal int Count => _entries.Length;

    internal ref readonly Entry this[int index] => ref _entries[index];

    /// <summary>The keys of a file.</summary>
    /// <param name="file">The file, as the kernel names it.</param>
    /// <param name="isV2">Whether it is a file of cgroup v2. Files of network namespaces have the same keys for both.</param>
    /// <remarks>Keys of measurements that parse the same file again, each with its own parser, are left out.</remarks>
    internal static KernelKeys Of(string file, bool isV2) =>
        Of(file, isV2, part => part is not (SamplePart.Exit or SamplePart.Oom or SamplePart.Limits or SamplePart.LimitHugetlb or SamplePart.MemoryDetail));

    /// <summary>The keys that the measurements of the given parts of a sample read from a file.</summary>
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

    /// <summary>The keys of the readings for which <paramref name="isWanted"/> holds.</summary>
    internal KernelKeys Where(Func<Reading, bool> isWanted) => new([.. _entries.Where(entry => isWanted(entry.Reading))]);

    /// <summary>These keys and those of <paramref name="others"/>; of equal keys, the one in this object.</summary>
    internal KernelKeys And(KernelKeys others) => new([.. _entries, .. others._entries.Where(other => !_entries.Any(entry => entry.Key.SequenceEqual(other.Key)))]);

    /// <summary>Whether any key gives a reading.</summary>
    internal bool Has(Reading reading) => _entries.Any(entry => entry.Reading == reading);

    /// <summary>The keys that begin with <paramref name="prefix"/>, with the prefix removed.</summary>
    internal KernelKeys After(string prefix) => new(
    [
        .. _entries.Where(entry => entry.Key.StartsWith(Encoding.ASCII.GetBytes(prefix)))
            .Select(entry => entry with { Key = entry.Key[prefix.Length..] }),
    ]);

    /// <summary>Finds a key.</summary>
    /// <param name="key">As the kernel wrote it.</param>
    /// <param name="next">Index at which the search starts, because the kernel writes keys in a fixed order. Set to the index after the key that was found.</param>
    /// <returns>The index of the key; -1 if the catalogue does not have it.</returns>
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
    /// <param name="Reading">The reading that the key sets.</param>
    /// <param name="Factor">Multiplies the kernel's number.</param>
    internal readonly record struct Entry(byte[] Key, Reading Reading, ulong Factor)
    {
        /// <summary>Converts a number to the unit of the reading. 2^64-1 if it is larger, which no reading accepts.</summary>
        internal ulong Scale(ulong value, ulong unit = 1)
        {
            ulong factor = Factor * unit;
            return factor == 1 ? value : value > ulong.MaxValue / factor ? ulong.MaxValue : value * factor;
        }
    }
}
