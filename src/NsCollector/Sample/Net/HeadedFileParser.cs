namespace NsCollector.Sample.Net;

/// <summary>Parses the wanted lines of a file of <see cref="HeadedColumns"/> and ignores the others.</summary>
internal abstract class HeadedFileParser(params HeadedColumns[] lines)
{
    /// <summary>Sets the readings that this kernel offers.</summary>
    /// <returns>False if a line is truncated, or headings and values do not match.</returns>
    internal bool Parse(ReadOnlySpan<byte> text, ReadingSet readings) => Parse(text, readings, null);

    /// <summary>Sets the readings and the further figures that this kernel offers.</summary>
    /// <returns>False if a line is truncated, or headings and values do not match.</returns>
    internal bool Parse(ReadOnlySpan<byte> text, ReadingSet readings, TcpDetailSample? figures)
    {
        bool understood = true;
        int found = 0;
        while (found < lines.Length && TextNumber.TryLine(ref text, out ReadOnlySpan<byte> headings, out _))
        {
            foreach (HeadedColumns line in lines)
            {
                if (!headings.StartsWith(line.Prefix)) continue;
                found++;
                understood &= TextNumber.TryLine(ref text, out ReadOnlySpan<byte> values, out bool whole)
                    && whole
                    && values.StartsWith(line.Prefix)
                    && line.Parse(headings[line.Prefix.Length..], values[line.Prefix.Length..], readings, figures);
                break;
            }
        }

        return understood;
    }
}
