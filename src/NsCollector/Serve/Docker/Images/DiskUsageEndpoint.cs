using System.Text.Json;
using NsCollector.Linux;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker.Images;

/// <summary><c>/system/df</c>: images and containers with the sizes that are known. Volumes and build caches are not known, and left empty.</summary>
/// <param name="inventory">The containers.</param>
/// <param name="store">Docker's images.</param>
/// <param name="samples">The samples of the last cycle, for the sizes.</param>
internal sealed class DiskUsageEndpoint(ContainerInventory inventory, ImageStore store, LatestSamples samples) : IDockerEndpoint
{
    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        InventoryList list = inventory.Current();
        var images = new ImageList(list.Entries, store);
        var sizes = new SizeTable(samples, store, list.Entries);
        long nowNs = SystemClock.RealtimeNs();
        return response.Send(
            json =>
            {
                json.WriteStartObject();
                if (images.LayersBytes is { } bytes) json.WriteNumber("LayersSize", bytes);
                WriteImages(json, "Images");
                WriteContainers(json, "Containers");
                WriteNothing(json, "Volumes");
                WriteNothing(json, "BuildCache");
                if (request.ApiMinorVersion >= FieldVersions.UsageByKind) WriteUsage(json);
                json.WriteEndObject();
            },
            cancellation);

        void WriteImages(Utf8JsonWriter json, string name)
        {
            var writer = new ImageWriter(json, request.ApiMinorVersion);
            json.WriteStartArray(name);
            foreach (ImageSummary image in images.Images.Where(image => !image.IsIntermediate)) writer.Write(image, image.Containers, images.SharedBytes(image));
            json.WriteEndArray();
        }

        void WriteContainers(Utf8JsonWriter json, string name)
        {
            var writer = new ListEntryWriter(json, list.Links, request.ApiMinorVersion, nowNs);
            json.WriteStartArray(name);
            foreach (InventoryEntry entry in list.Entries) writer.Write(entry, images.References.ShownImage(entry), sizes.Of(entry));
            json.WriteEndArray();
        }

        // The same again, as clients of newer versions expect it.
        void WriteUsage(Utf8JsonWriter json)
        {
            json.WriteStartObject("ImageUsage");
            json.WriteNumber("ActiveCount", images.Images.Count(image => image.Containers > 0 && !image.IsIntermediate));
            WriteImages(json, "Items");
            json.WriteNumber("TotalCount", images.Images.Count(image => !image.IsIntermediate));
            if (images.LayersBytes is { } bytes) json.WriteNumber("TotalSize", bytes);
            json.WriteEndObject();
            json.WriteStartObject("ContainerUsage");
            json.WriteNumber("ActiveCount", list.Entries.Count(entry => DockerWords.IsRunning(entry.Container.State)));
            WriteContainers(json, "Items");
            json.WriteNumber("TotalCount", list.Entries.Length);
            json.WriteEndObject();
            json.WriteStartObject("VolumeUsage");
            json.WriteEndObject();
            json.WriteStartObject("BuildCacheUsage");
            json.WriteEndObject();
        }
    }

    private static void WriteNothing(Utf8JsonWriter json, string name)
    {
        json.WriteStartArray(name);
        json.WriteEndArray();
    }
}
