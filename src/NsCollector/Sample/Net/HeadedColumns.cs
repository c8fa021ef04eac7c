using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>
/// One line of a file that the kernel prints in pairs, a line of headings and a line of values behind the same word
/// (<c>Tcp: RtoAlgorithm RtoMin …</c>, <c>Tcp: 1 200 …</c>). Columns come and go with kernel versions, so they are found
/// by heading, once for as long as the headings stay the same bytes.
/// </summary>
/// <param name="prefix">The word that begins the line, with its colon.</param>
/// <param name="wanted">The headings that are wanted.</param>
internal sealed class HeadedColumns(byte[] prefix, KernelKeys wanted)
{
    private const byte NotWanted = byte.MaxValue;

    private byte[] _headings = [];
    private int _headingsLength = -1;
    private byte[] _columns = [];
    private int _columnCount;

    /// <summary>The word that begins the line, with its colon.</summary>
    internal ReadOnlySpan<byte> Prefix => prefix;

    /// <summary>Sets the readings that this kernel offers.</summary>
    /// <param name="headings">The line of headings, without its prefix.</param>
    /// <param name="values">The line of values, without its prefix.</param>
    /// <param name="readings">Where they go; a heading that is missing leaves its reading absent.</param>
    /// <returns>False where the two lines do not belong together; then nothing more is set.</returns>
    internal bool Parse(ReadOnlySpan<byte> headings, ReadOnlySpan<byte> values, ReadingSet readings)
    {
        if (_headingsLength < 0 || !headings.SequenceEqual(_headings.AsSpan(0, _headingsLength))) Learn(headings);

        for (int i = 0; i < _columnCount; i++)
        {
            byte index = _columns[i];
            if (index == NotWanted)
            {
                Skip(ref values);
                continue;
            }

            // MaxConn is -1; no counter that is wanted is ever negative.
            if (!TextNumber.TryUnsigned(ref values, out ulong value)) return false;
            readings.SetUnsigned(wanted[index].Reading, value);
        }

        return true;
    }

    private static void Skip(ref ReadOnlySpan<byte> values)
    {
        values = values.TrimStart((byte)' ');
        int end = values.IndexOf((byte)' ');
        values = end < 0 ? default : values[end..];
    }

    private void Learn(ReadOnlySpan<byte> headings)
    {
        if (headings.Length > _headings.Length) _headings = new byte[headings.Length];
        headings.CopyTo(_headings);
        _headingsLength = headings.Length;

        // Columns behind the last wanted one are never looked at.
        _columnCount = 0;
        int next = 0;
        ReadOnlySpan<byte> rest = headings;
        for (int column = 0; ; column++)
        {
            ReadOnlySpan<byte> heading = TextNumber.Word(ref rest);
            if (heading.IsEmpty) break;
            if (column == _columns.Length) Array.Resize(ref _columns, Math.Max(32, column * 2));
            _columns[column] = NotWanted;
            int index = wanted.Find(heading, ref next);
            if (index < 0) continue;
            _columns[column] = (byte)index;
            _columnCount = column + 1;
        }
    }
}
