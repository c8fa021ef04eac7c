using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Writes labels and annotations.</summary>
internal static class PairsWriter
{
    /// <summary>Writes one object.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="name">The member's name.</param>
    /// <param name="pairs">Its members, each key once.</param>
    internal static void Write(Utf8JsonWriter writer, string name, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        writer.WriteStartObject(name);
        foreach ((string key, string value) in pairs) writer.WriteString(key, value);
        writer.WriteEndObject();
    }
}
