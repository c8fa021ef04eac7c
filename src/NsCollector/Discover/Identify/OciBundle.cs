using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>
/// The annotations of an OCI bundle's config.json (opencontainers/runtime-spec, config.md), in which the implementations of
/// Kubernetes' CRI keep names, and selected environment variables of its process. The hostname is not used as a name: a pod's containers share it.
/// </summary>
internal static class OciBundle
{
    /// <summary>Reads a whole file.</summary>
    /// <returns>False if it is not such a file; nothing in the draft may be used then.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, IdentityDraft draft)
    {
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isAnnotations = reader.ValueTextEquals("annotations"u8), isProcess = reader.ValueTextEquals("process"u8);
                reader.Read();
                if (isAnnotations) draft.Read(ref reader);
                else if (isProcess && reader.TokenType == JsonTokenType.StartObject) ReadProcess(ref reader, draft);
                else StateText.Skip(ref reader);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }
    }

    private static void ReadProcess(ref Utf8JsonReader reader, IdentityDraft draft)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isEnvironment = reader.ValueTextEquals("env"u8);
            reader.Read();
            if (isEnvironment) draft.ReadEnvironment(ref reader);
            else StateText.Skip(ref reader);
        }
    }
}
