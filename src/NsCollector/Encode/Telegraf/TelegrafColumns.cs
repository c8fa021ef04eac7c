using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Encode.Telegraf;

/// <summary>The fields of one of Telegraf's measurements that the catalogue ties to readings (<see cref="Field.Telegraf"/>).</summary>
internal sealed class TelegrafColumns
{
    private readonly Column[] _columns;

    /// <param name="measurement">Telegraf's measurement.</param>
    /// <param name="parts">The parts of a sample whose readings it shows; all in one set of readings.</param>
    internal TelegrafColumns(string measurement, params SamplePart[] parts) =>
        _columns =
        [
            .. from own in MetricCatalogue.Measurements
               where parts.Contains(own.Part)
               from field in own.Fields
               from telegraf in field.Telegraf
               where telegraf.Measurement == measurement
               select new Column(field, telegraf, Encoding.ASCII.GetBytes(telegraf.Name + "=")),
        ];

    /// <summary>Adds the fields whose readings are present.</summary>
    internal void Write(ref TelegrafPoint point, ReadingSet set)
    {
        foreach (ref readonly Column column in _columns.AsSpan())
        {
            if (!set.TryGet((Reading)column.Field.Index, out long value) || (value == 0 && column.Telegraf.OmitsZero)) continue;
            switch (column.Field.Type)
            {
                case FieldType.Boolean: point.Word(column.Name, value != 0 ? "true"u8 : "false"u8); break;
                case FieldType.String: point.Word(column.Name, column.Field.WordBytes[value]); break;
                case FieldType.Float: point.Float(column.Name, BitConverter.Int64BitsToDouble(value)); break;
                case var _ when column.Telegraf.IsBoolean: point.Word(column.Name, value != 0 ? "true"u8 : "false"u8); break;
                case var _ when column.Telegraf.IsSeconds: point.Float(column.Name, value / column.Telegraf.Divisor); break;
                default: point.Integer(column.Name, column.Telegraf.Divisor == 1 ? value : value / (long)column.Telegraf.Divisor, column.Field.IsAge); break;
            }
        }
    }

    private readonly record struct Column(Field Field, TelegrafField Telegraf, byte[] Name);
}
