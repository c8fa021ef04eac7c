using System.Text.Json;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker.Images;

/// <summary>Writes one image of <c>/images/json</c> and <c>/system/df</c> (moby api/types/image, Summary). A figure that is not known is left out, or -1 as Docker has it.</summary>
/// <param name="writer">Receives the object.</param>
/// <param name="apiMinorVersion">The version that was agreed on.</param>
internal sealed class ImageWriter(Utf8JsonWriter writer, int apiMinorVersion)
{
    private const long SecondNs = 1_000_000_000;

    /// <summary>Writes an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="containers">Number of containers; -1 if they were not counted.</param>
    /// <param name="sharedBytes">The size that it shares with others; null if it is not known or was not asked for.</param>
    internal void Write(ImageSummary image, int containers, long? sharedBytes)
    {
        writer.WriteStartObject();
        writer.WriteNumber("Containers", containers);
        writer.WriteNumber("Created", (image.CreatedNs ?? 0) / SecondNs);
        writer.WriteString("Id", image.Id);
        if (image.Labels.IsDefault) writer.WriteNull("Labels");
        else PairsWriter.Write(writer, "Labels", image.Labels);
        writer.WriteString("ParentId", image.ParentId);
        WriteNames("RepoDigests", image.Digests);
        WriteNames("RepoTags", image.Tags);
        writer.WriteNumber("SharedSize", sharedBytes ?? -1);
        if (image.SizeBytes is { } bytes)
        {
            writer.WriteNumber("Size", bytes);
            if (apiMinorVersion < FieldVersions.NoVirtualSize) writer.WriteNumber("VirtualSize", bytes);
        }

        writer.WriteEndObject();
    }

    // Null for none up to Docker 24.
    private void WriteNames(string name, IReadOnlyList<string> names)
    {
        if (names.Count == 0 && apiMinorVersion < FieldVersions.NoVirtualSize)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartArray(name);
        foreach (string text in names) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
