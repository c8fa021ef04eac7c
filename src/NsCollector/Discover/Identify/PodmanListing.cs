using System.Text;
using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>
/// A containers.json of containers/storage (container.go; <see cref="PodmanStore"/> has the paths): an array of objects with <c>id</c>,
/// <c>names</c> and <c>metadata</c>, the latter podman's JSON in a string, with <c>image-name</c>. The member
/// <c>image</c> is an id, not a name.
/// </summary>
internal static class PodmanListing
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="json">The bytes.</param>
    /// <param name="source">Becomes the source of each identity.</param>
    /// <param name="found">The containers by id; empty if false is returned.</param>
    /// <param name="malformed">The number of containers whose metadata could not be parsed: only their names are known.</param>
    /// <returns>False if it is not such a file.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, StateFileStamp? source, Dictionary<string, KnownIdentity> found, out int malformed)
    {
        malformed = 0;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read()) return false;

            // Go writes an empty store as null.
            if (reader.TokenType == JsonTokenType.Null) return !reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) return false;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject) ReadContainer(ref reader, source, found, ref malformed);
                else StateText.Skip(ref reader);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            found.Clear();
            malformed = 0;
            return false;
        }
    }

    /// <summary>
    /// Reads the ids of podman's own containers. The store may also contain those of CRI-O (with <c>pod-id</c> in the metadata) and
    /// of buildah (without metadata).
    /// </summary>
    /// <param name="json">The bytes of a whole file.</param>
    /// <param name="max">Maximum number of ids.</param>
    /// <param name="ids">Receives them.</param>
    /// <param name="leftOut">Number of further ids.</param>
    /// <returns>False if it is not such a file.</returns>
    internal static bool TryParseOwn(ReadOnlySpan<byte> json, int max, List<string> ids, out int leftOut)
    {
        leftOut = 0;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read()) return false;
            if (reader.TokenType == JsonTokenType.Null) return !reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) return false;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject) StateText.Skip(ref reader);
                else if (ReadOwn(ref reader) is not { } id) continue;
                else if (ids.Count >= max) leftOut++;
                else ids.Add(id);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }
    }

    private static string? ReadOwn(ref Utf8JsonReader reader)
    {
        string? id = null;
        bool isOwn = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = reader.ValueTextEquals("id"u8);
            bool isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (isId) id = StateText.Read(ref reader);
            if (isMetadata) isOwn = IsOwn(ref reader);
            StateText.Skip(ref reader);
        }

        return isOwn ? id : null;
    }

    private static bool IsOwn(ref Utf8JsonReader outer)
    {
        if (outer.TokenType != JsonTokenType.String || outer.ValueSpan.IsEmpty) return false;
        string metadata = outer.GetString()!;
        return metadata.Contains("\"image-name\"", StringComparison.Ordinal) && !metadata.Contains("\"pod-id\"", StringComparison.Ordinal);
    }

    private static void ReadContainer(ref Utf8JsonReader reader, StateFileStamp? source, Dictionary<string, KnownIdentity> found, ref int malformed)
    {
        string? id = null, name = null, image = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = reader.ValueTextEquals("id"u8);
            bool isNames = reader.ValueTextEquals("names"u8);
            bool isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (isId) id = StateText.Read(ref reader);
            if (isMetadata && !TryReadMetadata(ref reader, out image)) malformed++;
            if (isNames) name = ReadFirst(ref reader);
            else StateText.Skip(ref reader);
        }

        if (id is not null) found[id] = new KnownIdentity(name, image, source);
    }

    private static string? ReadFirst(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            StateText.Skip(ref reader);
            return null;
        }

        string? first = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            first ??= StateText.Read(ref reader);
            StateText.Skip(ref reader);
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
                StateText.Skip(ref reader);
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
