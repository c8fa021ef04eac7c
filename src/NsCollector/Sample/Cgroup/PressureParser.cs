using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses a pressure file (Documentation/accounting/psi.rst):
/// <c>some avg10=0.12 avg60=0.00 avg300=0.00 total=1234</c>, and the same with <c>full</c>, which cpu.pressure only has since
/// 5.13 only. Averages are percentages, the total is in microseconds.
/// </summary>
internal static class PressureParser
{
    /// <returns>How many lines were malformed.</returns>
    internal static int Parse(ReadOnlySpan<byte> text, ReadingSet into)
    {
        int malformed = 0;
        text = KernelText.WholeLines(text, ref malformed);
        for (int position = 0; position < text.Length;)
        {
            int next = KernelText.NextLine(text, position);
            ReadOnlySpan<byte> line = text[position..next];
            position = next;

            Reading first;
            if (line.StartsWith("some "u8)) first = Reading.PressureSomeAvg10;
            else if (line.StartsWith("full "u8)) first = Reading.PressureFullAvg10;
            else
            {
                malformed++;
                continue;
            }

            if (!TryParseLine(line[5..], out double avg10, out double avg60, out double avg300, out ulong total))
            {
                malformed++;
                continue;
            }

            SetAverage(into, first, avg10);
            SetAverage(into, first + 1, avg60);
            SetAverage(into, first + 2, avg300);
            into.SetUnsigned(first + 3, total);
        }

        return malformed;
    }

    private static bool TryParseLine(ReadOnlySpan<byte> line, out double avg10, out double avg60, out double avg300, out ulong total)
    {
        avg60 = avg300 = 0;
        total = 0;
        int position = 0;
        return TryReadAverage(line, "avg10="u8, ref position, out avg10)
            && TryReadAverage(line, "avg60="u8, ref position, out avg60)
            && TryReadAverage(line, "avg300="u8, ref position, out avg300)
            && TrySkip(line, "total="u8, ref position)
            && KernelText.TryReadUnsigned(line, ref position, out total)
            && line[position] == KernelText.LineFeed;
    }

    private static void SetAverage(ReadingSet into, Reading reading, double percent)
    {
        if (percent <= 100) into.SetDouble(reading, percent);
        else into.SetImpossible(reading);
    }

    private static bool TrySkip(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, ref int position)
    {
        if (!line[position..].StartsWith(name)) return false;
        position += name.Length;
        return true;
    }

    // LOAD_INT(x).LOAD_FRAC(x), always with two decimals.
    private static bool TryReadAverage(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, ref int position, out double value)
    {
        value = 0;
        if (!TrySkip(line, name, ref position) || !KernelText.TryReadUnsigned(line, ref position, out ulong whole)
            || line[position++] != '.')
        {
            return false;
        }

        int start = position;
        if (!KernelText.TryReadUnsigned(line, ref position, out ulong hundredths) || position - start != 2 || line[position++] != ' ') return false;
        value = ((whole * 100.0) + hundredths) / 100;
        return true;
    }
}
