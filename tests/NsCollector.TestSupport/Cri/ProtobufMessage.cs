using System.Text;

namespace NsCollector.TestSupport.Cri;

/// <summary>
/// A protocol buffers message addressed by field numbers, without a schema. It supports varints, length-delimited fields
/// and, for reading, numbers of 64 bits: the kinds that the messages of the CRI and of OTLP here have. An absent field has its default value, as in proto3.
/// </summary>
public sealed class ProtobufMessage
{
    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2;

    private readonly List<(int Field, long Number, byte[]? Bytes)> _fields = [];
    private readonly HashSet<int> _fixed64 = [];

    /// <summary>Adds an integer, a boolean or an enumerator.</summary>
    public ProtobufMessage With(int field, long number)
    {
        _fields.Add((field, number, null));
        return this;
    }

    /// <summary>Adds a string.</summary>
    public ProtobufMessage With(int field, string text)
    {
        _fields.Add((field, 0, Encoding.UTF8.GetBytes(text)));
        return this;
    }

    /// <summary>Adds a nested message.</summary>
    public ProtobufMessage With(int field, ProtobufMessage message)
    {
        _fields.Add((field, 0, message.ToBytes()));
        return this;
    }

    /// <summary>Adds a repeated string.</summary>
    public ProtobufMessage With(int field, IEnumerable<string> texts)
    {
        foreach (string text in texts)
            With(field, text);
        return this;
    }

    /// <summary>Adds a map of strings. On the wire it is a repeated message of a key (1) and a value (2).</summary>
    public ProtobufMessage With(int field, IEnumerable<KeyValuePair<string, string>> map)
    {
        foreach ((string key, string value) in map)
            With(field, new ProtobufMessage().With(1, key).With(2, value));
        return this;
    }

    /// <summary>A string; the last one if the field occurs several times.</summary>
    public string Text(int field) => Encoding.UTF8.GetString(Last(field).Bytes ?? []);

    /// <summary>An integer, a boolean or an enumerator.</summary>
    public long Number(int field) => Last(field).Number;

    /// <summary>The bits of a number of 64 bits; null if the field is absent.</summary>
    /// <exception cref="FormatException">The field has another wire type.</exception>
    public long? Bits(int field)
    {
        if (!Has(field)) return null;
        return _fixed64.Contains(field) ? Last(field).Number : throw new FormatException($"field {field} is not a number of 64 bits");
    }

    /// <summary>Whether the field occurs.</summary>
    public bool Has(int field) => _fields.Any(each => each.Field == field);

    /// <summary>A nested message.</summary>
    public ProtobufMessage Message(int field) => Parse(Last(field).Bytes ?? []);

    /// <summary>A repeated message.</summary>
    public IEnumerable<ProtobufMessage> Messages(int field) => _fields.Where(each => each.Field == field).Select(each => Parse(each.Bytes ?? []));

    /// <summary>A map of strings.</summary>
    public Dictionary<string, string> Map(int field) => Messages(field).ToDictionary(entry => entry.Text(1), entry => entry.Text(2));

    /// <summary>Encodes the message.</summary>
    public byte[] ToBytes()
    {
        using var wire = new MemoryStream();
        foreach ((int field, long number, byte[]? bytes) in _fields)
        {
            WriteVarint(wire, (ulong)((field << 3) | (bytes is null ? Varint : LengthDelimited)));
            WriteVarint(wire, bytes is null ? (ulong)number : (ulong)bytes.Length);
            wire.Write(bytes);
        }

        return wire.ToArray();
    }

    /// <exception cref="FormatException">The bytes end too early, or a field has another wire type.</exception>
    public static ProtobufMessage Parse(ReadOnlySpan<byte> wire)
    {
        var message = new ProtobufMessage();
        while (!wire.IsEmpty)
        {
            ulong key = ReadVarint(ref wire);
            if ((int)(key & 7) == Fixed64 && wire.Length >= 8)
            {
                message._fields.Add(((int)(key >> 3), BitConverter.ToInt64(wire), null));
                message._fixed64.Add((int)(key >> 3));
                wire = wire[8..];
                continue;
            }

            ulong value = ReadVarint(ref wire);
            switch ((int)(key & 7))
            {
                case Varint:
                    message._fields.Add(((int)(key >> 3), (long)value, null));
                    break;
                case LengthDelimited when value <= (ulong)wire.Length:
                    message._fields.Add(((int)(key >> 3), 0, wire[..(int)value].ToArray()));
                    wire = wire[(int)value..];
                    break;
                default:
                    throw new FormatException($"field {key >> 3} has the wire type {key & 7} and the length {value}, {wire.Length} bytes before the end");
            }
        }

        return message;
    }

    private static void WriteVarint(MemoryStream wire, ulong value)
    {
        for (; value > 0x7f; value >>= 7)
            wire.WriteByte((byte)(value | 0x80));
        wire.WriteByte((byte)value);
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> wire)
    {
        ulong value = 0;
        for (int i = 0; i < wire.Length && i < 10; i++)
        {
            value |= (ulong)(wire[i] & 0x7f) << (7 * i);
            if (wire[i] > 0x7f)
                continue;
            wire = wire[(i + 1)..];
            return value;
        }

        throw new FormatException("a varint has no end");
    }

    private (int Field, long Number, byte[]? Bytes) Last(int field) => _fields.LastOrDefault(each => each.Field == field);
}
