using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>What the parsers of state files share.</summary>
internal static class StateText
{
    /// <summary>
    /// The longest name or value that is believed, in bytes as it stands in the file. An image reference has at most 255
    /// characters of name, 128 of tag and 71 of digest (distribution's reference package); beyond this it is not one, and
    /// a file of megabytes must not become a tag of megabytes.
    /// </summary>
    internal const int MaxBytes = 1024;

    /// <summary>
    /// The longest key of a label that is believed, in bytes as it stands in the file: Kubernetes has at most a domain name
    /// of 253, a slash and a name of 63.
    /// </summary>
    internal const int MaxKeyBytes = 317;

    /// <summary>Nesting has no bound but the file's size: the reader keeps one bit a level and does not recurse.</summary>
    internal static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = int.MaxValue };

    /// <summary>The string that the reader stands on; null for an empty one and for any other kind of value.</summary>
    /// <exception cref="JsonException">It is too long.</exception>
    /// <exception cref="InvalidOperationException">It is not text: bad UTF-8, or half of a surrogate pair.</exception>
    internal static string? Read(ref Utf8JsonReader reader) =>
        TryRead(ref reader, out string? text) ? text : throw new JsonException("a name is too long");

    /// <summary>The string that the reader stands on; null for an empty one and for any other kind of value.</summary>
    /// <returns>False where it is too long.</returns>
    /// <exception cref="InvalidOperationException">It is not text: bad UTF-8, or half of a surrogate pair.</exception>
    internal static bool TryRead(ref Utf8JsonReader reader, out string? text)
    {
        text = null;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty) return true;
        if (reader.ValueSpan.Length > MaxBytes) return false;
        text = reader.GetString();
        return true;
    }

    /// <summary>Passes over the value that the reader stands on; its children, if it has any, too.</summary>
    internal static void PassOver(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) reader.Skip();
    }

    /// <summary>Whether an exception is one that hostile bytes can cause.</summary>
    internal static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException;
}
