using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>What the parsers of state files share.</summary>
internal static class StateText
{
    /// <summary>
    /// The longest name or value that is used, in bytes of the file. An image reference has at most 255
    /// characters of name, 128 of tag and 71 of digest (distribution's reference package); beyond this it is not one, and
    /// a file of megabytes must not become a tag of megabytes.
    /// </summary>
    internal const int MaxBytes = 1024;

    /// <summary>
    /// The longest key of a label that is used, in bytes of the file: Kubernetes allows at most a domain name
    /// of 253, a slash and a name of 63.
    /// </summary>
    internal const int MaxKeyBytes = 317;

    /// <summary>Nesting is only bounded by the file's size: the reader needs one bit for each level and does not recurse.</summary>
    internal static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = int.MaxValue };

    /// <summary>The string at the reader's position; null for an empty one and for any other kind of value.</summary>
    /// <exception cref="JsonException">It is too long.</exception>
    /// <exception cref="InvalidOperationException">It is not valid UTF-8, or has half of a surrogate pair.</exception>
    internal static string? Read(ref Utf8JsonReader reader) =>
        TryRead(ref reader, out string? text) ? text : throw new JsonException("a name is too long");

    /// <summary>The string at the reader's position; null for an empty one and for any other kind of value.</summary>
    /// <returns>False if it is too long.</returns>
    /// <exception cref="InvalidOperationException">It is not valid UTF-8, or has half of a surrogate pair.</exception>
    internal static bool TryRead(ref Utf8JsonReader reader, out string? text)
    {
        text = null;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty) return true;
        if (reader.ValueSpan.Length > MaxBytes) return false;
        text = reader.GetString();
        return true;
    }

    /// <summary>The number at the reader's position; null for a negative or too large one and for any other kind of value.</summary>
    internal static int? Count(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int count) && count >= 0 ? count : null;

    /// <summary>Skips the value at the reader's position, with its children.</summary>
    internal static void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) reader.Skip();
    }

    /// <summary>Whether hostile bytes can cause this exception.</summary>
    internal static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException;
}
