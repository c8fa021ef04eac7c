using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Docker's ROOT/containers/ID/config.v2.json (moby daemon/container/container.go): <c>Name</c>, <c>Config.Image</c> and
/// <c>Config.Labels</c>.
/// </summary>
internal static class DockerConfig
{
    /// <summary>Reads a whole file. If a key is repeated, the last one counts, as in Docker.</summary>
    /// <returns>False if it is not such a file; nothing in the draft may be used then.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, IdentityDraft draft)
    {
        string? name = null;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isName = reader.ValueTextEquals("Name"u8);
                bool isConfig = !isName && reader.ValueTextEquals("Config"u8);
                reader.Read();
                if (isName) name = StateText.Read(ref reader);
                if (isConfig && reader.TokenType == JsonTokenType.StartObject) ReadConfig(ref reader, draft);
                else
                {
                    if (isConfig) draft.Image = null;
                    StateText.Skip(ref reader);
                }
            }

            // Anything after the object makes the reader throw.
            reader.Read();
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }

        // Docker's names begin with a slash: "/web".
        draft.Name = name is ['/', ..] ? name.Length == 1 ? null : name[1..] : name;
        return true;
    }

    private static void ReadConfig(ref Utf8JsonReader reader, IdentityDraft draft)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isImage = reader.ValueTextEquals("Image"u8);
            bool isLabels = !isImage && reader.ValueTextEquals("Labels"u8);
            reader.Read();
            if (isLabels)
            {
                draft.Read(ref reader);
                continue;
            }

            if (isImage) draft.Image = StateText.Read(ref reader);
            StateText.Skip(ref reader);
        }
    }
}
