using System.Text;
using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>
/// A containers.json of containers/storage (container.go; <see cref="PodmanStore"/> tells where): an array of objects with <c>id</c>,
/// <c>names</c> and <c>metadata</c>, the latter a JSON text of podman's own with <c>image-name</c>. The <c>image</c>
/// beside them is an id, not a name.
/// </summary>
internal static class PodmanListing
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="json">The bytes.</param>
    /// <param name="source">Becomes the source of each identity.</param>
    /// <param name="found">By id; empty where false is returned.</param>
    /// <param name="misunderstood">Containers whose metadata could not be understood: their image is unknown, their name stands.</param>
    /// <returns>False where it is not such a file; nothing of it is believed then.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, StateFileStamp? source, Dictionary<string, KnownIdentity> found, out int misunderstood)
    {
        misunderstood = 0;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read()) return false;

            // Go writes a store without containers as null.
            if (reader.TokenType == JsonTokenType.Null) return !reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) return false;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject) ReadContainer(ref reader, source, found, ref misunderstood);
                else StateText.PassOver(ref reader);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            found.Clear();
            misunderstood = 0;
            return false;
        }
    }

    private static void ReadContainer(ref Utf8JsonReader reader, StateFileStamp? source, Dictionary<string, KnownIdentity> found, ref int misunderstood)
    {
        string? id = null, name = null, image = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = reader.ValueTextEquals("id"u8);
            bool isNames = reader.ValueTextEquals("names"u8);
            bool isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (isId) id = StateText.Read(ref reader);
            if (isMetadata && !TryReadMetadata(ref reader, out image)) misunderstood++;
            if (isNames) name = ReadFirst(ref reader);
            else StateText.PassOver(ref reader);
        }

        if (id is not null) found[id] = new KnownIdentity(name, image, source);
    }

    private static string? ReadFirst(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            StateText.PassOver(ref reader);
            return null;
        }

        string? first = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            first ??= StateText.Read(ref reader);
            StateText.PassOver(ref reader);
        }

        return first;
    }

    private static bool TryReadMetadata(ref Utf8JsonReader outer, out string? image)
    {
        image = null;
        if (outer.TokenType != JsonTokenType.String || outer.ValueSpan.IsEmpty) return true;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(outer.GetString()!), StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isImage = reader.ValueTextEquals("image-name"u8);
                reader.Read();
                if (isImage) image = StateText.Read(ref reader);
                StateText.PassOver(ref reader);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            image = null;
            return false;
        }
    }
}
