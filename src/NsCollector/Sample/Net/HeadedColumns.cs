using System.Buffers.Text;
using System.Text;
using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>
/// A pair of lines with the same prefix: headings, then values (<c>Tcp: RtoAlgorithm RtoMin …</c>, <c>Tcp: 1 200 …</c>).
/// Columns differ between kernel versions, so they are found by heading, again only if the headings have changed.
/// </summary>
/// <param name="prefix">The word that begins the line, with its colon.</param>
/// <param name="wanted">The headings to parse.</param>
/// <param name="detail">Further headings to parse: a range of <see cref="TcpDetailFigures.Names"/>.</param>
internal sealed class HeadedColumns(byte[] prefix, KernelKeys wanted, Range detail = default)
{
    private const byte NotWanted = byte.MaxValue;

    // The codes of columns of TcpDetailFigures begin here.
    private const byte FirstDetail = 128;

    private static readonly byte[][] DetailNames = [.. TcpDetailFigures.Names.Select(Encoding.ASCII.GetBytes)];

    private byte[] _headings = [];
    private int _headingsLength = -1;
    private byte[] _columns = [];
    private int _columnCount;

    /// <summary>The word that begins the line, with its colon.</summary>
    internal ReadOnlySpan<byte> Prefix => prefix;

    /// <summary>Sets the readings that this kernel offers.</summary>
    /// <param name="headings">The line of headings, without its prefix.</param>
    /// <param name="values">The line of values, without its prefix.</param>
    /// <param name="readings">Receives them; the reading of a missing heading stays absent.</param>
    /// <param name="figures">Receives the further figures; null to ignore them.</param>
    /// <returns>False if the two lines do not match; then no more readings are set.</returns>
    internal bool Parse(ReadOnlySpan<byte> headings, ReadOnlySpan<byte> values, ReadingSet readings, TcpDetailSample? figures)
    {
        if (_headingsLength < 0 || !headings.SequenceEqual(_headings.AsSpan(0, _headingsLength))) FindColumns(headings);

        for (int i = 0; i < _columnCount; i++)
        {
            byte index = _columns[i];
            if (index >= FirstDetail)
            {
                ReadOnlySpan<byte> word = TextNumber.Word(ref values);
                if (index == NotWanted || figures is null) continue;
                if (!Utf8Parser.TryParse(word, out long figure, out int length) || length != word.Length) return false;
                figures.Set(index - FirstDetail, figure);
                continue;
            }

            // No counter of these is ever negative.
            if (!TextNumber.TryUnsigned(ref values, out ulong value)) return false;
            readings.SetUnsigned(wanted[index].Reading, value);
        }

        return true;
    }

    private void FindColumns(ReadOnlySpan<byte> headings)
    {
        if (headings.Length > _headings.Length) _headings = new byte[headings.Length];
        headings.CopyTo(_headings);
        _headingsLength = headings.Length;

        // Columns after the last wanted one are ignored.
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
            if (index < 0) index = FindDetail(heading);
            if (index < 0) continue;
            _columns[column] = (byte)index;
            _columnCount = column + 1;
        }
    }

    private int FindDetail(ReadOnlySpan<byte> heading)
    {
        (int first, int count) = detail.GetOffsetAndLength(DetailNames.Length);
        for (int i = first; i < first + count; i++)
        {
            if (heading.SequenceEqual(DetailNames[i])) return FirstDetail + i;
        }

        return -1;
    }
}
