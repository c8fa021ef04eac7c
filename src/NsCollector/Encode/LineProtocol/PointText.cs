using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Encode.LineProtocol;

/// <summary>Writes the parts of one line: the measurement with its tags, and fields, each with a comma after it. All methods return where the text ends.</summary>
internal static class PointText
{
    /// <summary>Maximum length of a line of a measurement, without strings of its own.</summary>
    internal static int MaxBytes(Measurement measurement, int tagBytes)
    {
        int bytes = measurement.NameBytes.Length + tagBytes + 1 + measurement.MaxFieldBytes;
        if (measurement.RowTagBytes.Length > 0) bytes += measurement.RowTagBytes.Length + LineProtocolText.MaxEscapedTagValueBytes;
        foreach (byte[] tag in measurement.MoreRowTagBytes) bytes += tag.Length + LineProtocolText.MaxEscapedTagValueBytes;
        return bytes + (measurement.TextFields.Length * LineProtocolText.MaxEscapedNameFieldBytes);
    }

    /// <summary>Writes the measurement, the tags, those of a row, and the space before the fields.</summary>
    internal static int WriteHead(Span<byte> free, Measurement measurement, ReadOnlySpan<byte> tags, ReadOnlySpan<byte> rowKey, Row? row)
    {
        int at = Copy(measurement.NameBytes, free);
        at += Copy(tags, free[at..]);
        if (measurement.RowTagBytes.Length > 0) at = WriteRowTag(free, at, measurement.RowTagBytes, rowKey);
        for (int i = 0; row is not null && i < measurement.MoreRowTagBytes.Length; i++) at = WriteRowTag(free, at, measurement.MoreRowTagBytes[i], row.MoreKey(i));
        free[at++] = (byte)' ';
        return at;
    }

    /// <summary>Writes the fields of a measurement that are present.</summary>
    /// <param name="free">The line.</param>
    /// <param name="at">Where they begin.</param>
    /// <param name="measurement">The measurement.</param>
    /// <param name="present">A bit for each value that is present.</param>
    /// <param name="values">The values; a float as its bits.</param>
    /// <param name="first">The index in the catalogue of the first value.</param>
    /// <param name="age">Receives the place of the field that is an age, if there is one.</param>
    internal static int WriteFields(Span<byte> free, int at, Measurement measurement, ulong present, ReadOnlySpan<long> values, int first, ref Range age)
    {
        foreach (Field field in measurement.Fields)
        {
            int index = field.Index - first;
            if (field.Index < 0 || (uint)index >= Measurement.MaxReadings || ((present >> index) & 1) == 0) continue;
            int start = at;
            at += Copy(field.NameAndEquals, free[at..]);
            at += field.Type switch
            {
                FieldType.Float => NumberText.WriteFloat(BitConverter.Int64BitsToDouble(values[index]), free[at..]),
                FieldType.String => Copy(field.WordBytes[values[index]], free[at..]),
                FieldType.Boolean => Copy(values[index] != 0 ? "true"u8 : "false"u8, free[at..]),
                _ => NumberText.WriteInteger(values[index], free[at..]),
            };
            free[at++] = (byte)',';
            if (field.IsAge) age = start..(at - 1);
        }

        return at;
    }

    /// <summary>Writes the string fields of a row that are present.</summary>
    internal static int WriteTexts(Span<byte> free, int at, Measurement measurement, Row row)
    {
        for (int i = 0; i < measurement.TextFields.Length; i++)
        {
            ReadOnlySpan<byte> text = row.Text(measurement.TextIndexes[i]);
            if (text.IsEmpty) continue;
            at += Copy(measurement.TextFields[i].NameAndEquals, free[at..]);
            at += LineProtocolText.WriteStringField(text, free[at..]);
            free[at++] = (byte)',';
        }

        return at;
    }

    /// <summary>Copies bytes.</summary>
    /// <returns>How many.</returns>
    internal static int Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        source.CopyTo(destination);
        return source.Length;
    }

    /// <summary>A tag without a value is not legal and is left out.</summary>
    private static int WriteRowTag(Span<byte> free, int at, byte[] name, ReadOnlySpan<byte> key)
    {
        int start = at + Copy(name, free[at..]);
        int value = LineProtocolText.WriteTagValue(key, free[start..]);
        return value == 0 ? at : start + value;
    }
}
