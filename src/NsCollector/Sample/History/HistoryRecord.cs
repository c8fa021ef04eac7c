using System.Numerics;
using NsCollector.Catalogue;

namespace NsCollector.Sample.History;

/// <summary>
/// A sample as bytes: only the readings that cAdvisor's REST API has (<see cref="Field.Cadvisor"/>), and of these only the present ones. It
/// allocates nothing when writing.
/// </summary>
internal static class HistoryRecord
{
    private static readonly ulong Scalars = Kept(SamplePart.Info, SamplePart.Scalars);
    private static readonly ulong Protocols = Kept(SamplePart.Protocols);
    private static readonly ulong Connections = Kept(SamplePart.Connections);
    private static readonly ulong Cores = Kept(SamplePart.Cores);
    private static readonly ulong Devices = Kept(SamplePart.Devices);
    private static readonly ulong Pressure = Kept(SamplePart.Pressure);
    private static readonly ulong Hugetlb = Kept(SamplePart.Hugetlb);
    private static readonly ulong Interfaces = Kept(SamplePart.Interfaces);
    private static readonly ulong Filesystems = Kept(SamplePart.Filesystems);

    /// <summary>Writes a sample.</summary>
    /// <returns>The length of the record; -1 if it does not fit.</returns>
    internal static int Write(ContainerSample sample, Span<byte> destination)
    {
        var writer = new RecordWriter(destination);
        writer.Write((ulong)sample.TimestampNs);
        Write(ref writer, sample.Scalars, Scalars);
        Write(ref writer, sample.Protocols, Protocols);
        if (sample.Connections is { } connections) Write(ref writer, connections, Connections);
        else writer.Write(0UL);
        Write(ref writer, sample.TcpDetail);
        Write(ref writer, sample.Cores, Cores);
        Write(ref writer, sample.Devices, Devices);
        Write(ref writer, sample.Pressure, Pressure);
        Write(ref writer, sample.Hugetlb, Hugetlb);
        Write(ref writer, sample.Interfaces, Interfaces);
        Write(ref writer, sample.Filesystems, Filesystems);
        return writer.IsFull ? -1 : writer.Length;
    }

    /// <summary>Reads a sample. May allocate.</summary>
    /// <param name="record">A record of <see cref="Write(ContainerSample, Span{byte})"/>.</param>
    /// <param name="into">Receives the sample.</param>
    internal static void Read(ReadOnlySpan<byte> record, ContainerSample into)
    {
        into.Clear();
        var reader = new RecordReader(record);
        into.TimestampNs = (long)reader.Number();
        Read(ref reader, into.Scalars);
        Read(ref reader, into.Protocols);
        ulong connections = reader.Number();
        if (connections != 0) Read(ref reader, connections, into.BeginConnections());
        ReadTcpDetail(ref reader, into);
        Read(ref reader, into.Cores);
        Read(ref reader, into.Devices);
        Read(ref reader, into.Pressure);
        Read(ref reader, into.Hugetlb);
        Read(ref reader, into.Interfaces);
        Read(ref reader, into.Filesystems);
    }

    // The readings of parts, as in ReadingSet.PresentBits.
    private static ulong Kept(params SamplePart[] parts)
    {
        Reading first = MetricCatalogue.RangeOf(parts).First;
        return MetricCatalogue.Measurements.Where(measurement => parts.Contains(measurement.Part)).SelectMany(measurement => measurement.Fields)
            .Where(field => field.Index >= 0 && !field.Cadvisor.IsEmpty)
            .Aggregate(0UL, (bits, field) => bits | (1UL << (field.Index - (int)first)));
    }

    private static void Write(ref RecordWriter writer, ReadingSet set, ulong kept)
    {
        ulong bits = set.PresentBits & kept;
        writer.Write(bits);
        for (; bits != 0; bits &= bits - 1) writer.Write((ulong)set.Values[BitOperations.TrailingZeroCount(bits)]);
    }

    private static void Read(ref RecordReader reader, ReadingSet into) => Read(ref reader, reader.Number(), into);

    private static void Read(ref RecordReader reader, ulong bits, ReadingSet into)
    {
        for (; bits != 0; bits &= bits - 1) into.Set(into.First + (ushort)BitOperations.TrailingZeroCount(bits), (long)reader.Number());
    }

    private static void Write(ref RecordWriter writer, TcpDetailSample? detail)
    {
        UInt128 bits = detail?.PresentBits ?? 0;
        writer.Write((ulong)bits);
        writer.Write((ulong)(bits >> 64));
        for (; bits != 0; bits &= bits - 1) writer.Write((ulong)detail![(int)UInt128.TrailingZeroCount(bits)]);
    }

    private static void ReadTcpDetail(ref RecordReader reader, ContainerSample into)
    {
        ulong low = reader.Number();
        for (var bits = new UInt128(reader.Number(), low); bits != 0; bits &= bits - 1) into.BeginTcpDetail().Set((int)UInt128.TrailingZeroCount(bits), (long)reader.Number());
    }

    private static void Write(ref RecordWriter writer, RowTable rows, ulong kept)
    {
        writer.Write((ulong)rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            writer.Write(row.Key);
            writer.Write(row.Number);
            writer.Write((ulong)row.TextCount);
            for (int text = 0; text < row.TextCount; text++) writer.Write(row.Text(text));
            Write(ref writer, row.Readings, kept);
        }
    }

    private static void Read(ref RecordReader reader, RowTable into)
    {
        int count = (int)reader.Number();
        for (int i = 0; i < count; i++)
        {
            Row row = into.Add(reader.Text());
            row.Number = reader.Number();
            byte[][] texts = new byte[(int)reader.Number()][];
            for (int text = 0; text < texts.Length; text++) texts[text] = reader.Text().ToArray();
            row.SetTexts(texts);
            Read(ref reader, row.Readings);
        }
    }
}
