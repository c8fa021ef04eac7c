using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>
/// The OCI bundle's config.json. Podman keeps no name there (its hostname is not one), so only an annotation that says
/// outright what the container is called counts.
/// </summary>
internal static class PodmanBundle
{
    /// <summary>Reads a whole file.</summary>
    /// <returns>False where it is not such a file; nothing of it is believed then.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, out string? name, out string? image)
    {
        name = null;
        image = null;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isAnnotations = reader.ValueTextEquals("annotations"u8);
                reader.Read();
                if (isAnnotations && reader.TokenType == JsonTokenType.StartObject) ReadAnnotations(ref reader, ref name, ref image);
                else StateText.PassOver(ref reader);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            name = null;
            image = null;
            return false;
        }
    }

    private static void ReadAnnotations(ref Utf8JsonReader reader, ref string? name, ref string? image)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isName = reader.ValueTextEquals("io.kubernetes.cri.container-name"u8) || reader.ValueTextEquals("io.kubernetes.container.name"u8);
            bool isImage = reader.ValueTextEquals("io.kubernetes.cri.image-name"u8) || reader.ValueTextEquals("io.kubernetes.cri-o.ImageName"u8);
            reader.Read();
            if (isName) name = StateText.Read(ref reader);
            if (isImage) image = StateText.Read(ref reader);
            StateText.PassOver(ref reader);
        }
    }
}
