using System.Buffers;
using System.Buffers.Text;

namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// The lines of memory.stat (memory_stat_format in mm/memcontrol.c), a key and a number each, as fields of container_memory_stat. The
/// kernel's keys are the names of the fields.
/// </summary>
internal static class MemoryStatFields
{
    private static readonly SearchValues<byte> KeyBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"u8);

    /// <summary>Maximum length of the fields of a text: each line <c>key value</c> becomes <c>key=valuei,</c>, at most two bytes more.</summary>
    internal static int MaxBytes(ReadOnlySpan<byte> text) => text.Length + (2 * text.Count((byte)'\n')) + NumberText.MaxBytes;

    /// <summary>Writes the fields, each with a comma after it. Other lines are left out.</summary>
    /// <param name="text">The file.</param>
    /// <param name="free">Receives the fields.</param>
    /// <param name="at">Where they begin.</param>
    /// <param name="impossible">How many were left out because the number is impossible.</param>
    /// <returns>Where they end.</returns>
    internal static int Write(ReadOnlySpan<byte> text, Span<byte> free, int at, out int impossible)
    {
        impossible = 0;
        while (text.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = text[..end];
            text = text[(end + 1)..];
            int space = line.IndexOf((byte)' ');
            if (space <= 0 || line[..space].ContainsAnyExcept(KeyBytes)) continue;
            if (!Utf8Parser.TryParse(line[(space + 1)..], out ulong value, out int used) || used != line.Length - space - 1) continue;
            if (value > long.MaxValue)
            {
                impossible++;
                continue;
            }

            at += PointText.Copy(line[..space], free[at..]);
            free[at++] = (byte)'=';
            at += NumberText.WriteInteger((long)value, free[at..]);
            free[at++] = (byte)',';
        }

        return at;
    }
}
