using System.Buffers.Text;
using System.Text;

namespace NsCollector.Encode.Telegraf;

/// <summary>The fields of docker_container_mem that are keys of memory.stat, under the kernel's names. A field is absent if the kernel does not have its key, as for most on cgroup v2.</summary>
internal sealed class MemoryStatFields
{
    // In the order of the kernel (memcg1_stat_format in mm/memcontrol-v1.c), so that a search usually ends at its first comparison.
    private static readonly byte[][] Keys =
    [
        .. new[]
        {
            "cache", "rss", "rss_huge", "mapped_file", "writeback", "pgpgin", "pgpgout", "pgfault", "pgmajfault", "inactive_anon", "active_anon",
            "inactive_file", "active_file", "unevictable", "hierarchical_memory_limit", "total_cache", "total_rss", "total_rss_huge", "total_mapped_file",
            "total_writeback", "total_pgpgin", "total_pgpgout", "total_pgfault", "total_pgmajfault", "total_inactive_anon", "total_active_anon",
            "total_inactive_file", "total_active_file", "total_unevictable",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly byte[][] Names = [.. Keys.Select(key => (byte[])[.. key, (byte)'='])];

    private static readonly int Cache = IndexOf("cache"), InactiveFile = IndexOf("inactive_file");

    /// <summary>The names of the fields.</summary>
    internal static IEnumerable<string> All => Keys.Select(Encoding.ASCII.GetString);

    private readonly long[] _values = new long[Keys.Length];
    private ulong _present;

    /// <summary>The page cache that docker subtracts from the usage: <c>cache</c> on cgroup v1, else <c>inactive_file</c>; null if neither is known.</summary>
    internal long? Subtracted => Has(Cache) ? _values[Cache] : Has(InactiveFile) ? _values[InactiveFile] : null;

    /// <summary>Reads the whole text.</summary>
    internal void Read(ReadOnlySpan<byte> text)
    {
        _present = 0;
        int next = 0;
        while (text.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = text[..end];
            text = text[(end + 1)..];
            int space = line.IndexOf((byte)' ');
            if (space <= 0 || Find(line[..space], next) is not (>= 0 and int index)) continue;
            next = index + 1;

            // The kernel's number may have fallen below zero, which is counted when readings are made from it.
            if (!Utf8Parser.TryParse(line[(space + 1)..], out long value, out int used) || used != line.Length - space - 1 || value < 0) continue;
            _values[index] = value;
            _present |= 1UL << index;
        }
    }

    /// <summary>Adds the fields that are present.</summary>
    internal void Write(ref TelegrafPoint point)
    {
        for (int i = 0; i < Keys.Length; i++)
        {
            if (Has(i)) point.Integer(Names[i], _values[i]);
        }
    }

    private static int Find(ReadOnlySpan<byte> key, int next)
    {
        for (int i = 0; i < Keys.Length; i++)
        {
            int index = next + i < Keys.Length ? next + i : next + i - Keys.Length;
            if (key.SequenceEqual(Keys[index])) return index;
        }

        return -1;
    }

    private static int IndexOf(string key) => Find(Encoding.ASCII.GetBytes(key), 0);

    private bool Has(int index) => (_present >> index & 1) != 0;
}
