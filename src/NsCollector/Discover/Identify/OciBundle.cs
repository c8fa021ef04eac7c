using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>
/// The annotations of an OCI bundle's config.json (opencontainers/runtime-spec, config.md), in which the implementations of
/// Kubernetes' CRI keep what a container is called. Its hostname is no name: a pod's containers share it.
/// </summary>
internal static class OciBundle
{
    /// <summary>Reads a whole file.</summary>
    /// <returns>False where it is not such a file; nothing of it is to be believed then.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, IdentityDraft draft)
    {
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isAnnotations = reader.ValueTextEquals("annotations"u8);
                reader.Read();
                if (isAnnotations) draft.Read(ref reader);
                else StateText.PassOver(ref reader);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }
    }
}
