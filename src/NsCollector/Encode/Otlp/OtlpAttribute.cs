using System.Text;

namespace NsCollector.Encode.Otlp;

/// <summary>Attributes: KeyValue (key = 1, value = 2) and AnyValue (string_value = 1, array_value = 5) of common.proto.</summary>
internal static class OtlpAttribute
{
    /// <summary>An attribute with a text.</summary>
    /// <param name="field">The field of the message that contains it.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; it becomes valid UTF-8 of bounded length (<see cref="NameText"/>).</param>
    internal static byte[] Text(int field, string key, string value) => Create(field, key, Protobuf.Field(1, Bounded(value)));

    /// <summary>An attribute with a list of one text.</summary>
    internal static byte[] List(int field, string key, string value) =>
        Create(field, key, Protobuf.Field(5, Protobuf.Field(1, Protobuf.Field(1, Bounded(value)))));

    private static byte[] Create(int field, string key, byte[] value) => Protobuf.Field(field, [.. Protobuf.Field(1, Bounded(key)), .. Protobuf.Field(2, value)]);

    private static byte[] Bounded(string text)
    {
        byte[] bounded = new byte[NameText.MaxBytes];
        return bounded[..NameText.Write(Encoding.UTF8.GetBytes(text), bounded)];
    }
}
