using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace NsCollector.Serve.Docker.Stats;

/// <summary>The keys of memory.stat that dockerd's stats have, in its order (containerd's cgroups library names them, Go sorts them).</summary>
internal sealed class MemoryStatKeys
{
    // Since Linux 5.9 the kernel counts these for anonymous and file pages. dockerd reads the old key and always reports 0.
    private static readonly string[] Split = ["workingset_activate", "workingset_refault"];

    private readonly JsonEncodedText[] _names;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _indexes;

    private MemoryStatKeys(string[] names)
    {
        _names = [.. names.Select(name => JsonEncodedText.Encode(name))];
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            indexes[names[i]] = i;
            if (!Split.Contains(names[i])) continue;
            indexes[names[i] + "_anon"] = i;
            indexes[names[i] + "_file"] = i;
        }

        _indexes = indexes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The keys of cgroup v1.</summary>
    internal static MemoryStatKeys V1 { get; } = new(
    [
        "active_anon", "active_file", "cache", "dirty", "hierarchical_memory_limit", "hierarchical_memsw_limit", "inactive_anon", "inactive_file",
        "mapped_file", "pgfault", "pgmajfault", "pgpgin", "pgpgout", "rss", "rss_huge", "total_active_anon", "total_active_file", "total_cache",
        "total_dirty", "total_inactive_anon", "total_inactive_file", "total_mapped_file", "total_pgfault", "total_pgmajfault", "total_pgpgin",
        "total_pgpgout", "total_rss", "total_rss_huge", "total_unevictable", "total_writeback", "unevictable", "writeback",
    ]);

    /// <summary>The keys of cgroup v2.</summary>
    internal static MemoryStatKeys V2 { get; } = new(
    [
        "active_anon", "active_file", "anon", "anon_thp", "file", "file_dirty", "file_mapped", "file_writeback", "inactive_anon", "inactive_file",
        "kernel_stack", "pgactivate", "pgdeactivate", "pgfault", "pglazyfree", "pglazyfreed", "pgmajfault", "pgrefill", "pgscan", "pgsteal", "shmem",
        "slab", "slab_reclaimable", "slab_unreclaimable", "sock", "thp_collapse_alloc", "thp_fault_alloc", "unevictable", "workingset_activate",
        "workingset_nodereclaim", "workingset_refault",
    ]);

    /// <summary>Writes the object <c>stats</c>.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="text">The whole file. A key that the kernel does not have is left out.</param>
    internal void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
    {
        Span<long> values = stackalloc long[_names.Length];
        values.Fill(-1);
        Read(text, values);
        writer.WriteStartObject("stats"u8);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] >= 0) writer.WriteNumber(_names[i], values[i]);
        }

        writer.WriteEndObject();
    }

    private void Read(ReadOnlySpan<byte> text, Span<long> values)
    {
        Span<char> key = stackalloc char[64];
        while (text.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = text[..end];
            text = text[(end + 1)..];
            int space = line.IndexOf((byte)' ');
            if (space <= 0 || space > key.Length || !Encoding.ASCII.TryGetChars(line[..space], key, out int length) || !_indexes.TryGetValue(key[..length], out int index)) continue;

            // The kernel's number may have fallen below zero.
            if (!Utf8Parser.TryParse(line[(space + 1)..], out long value, out int used) || used != line.Length - space - 1 || value < 0) continue;
            values[index] = Math.Max(values[index], 0) + value;
        }
    }
}
