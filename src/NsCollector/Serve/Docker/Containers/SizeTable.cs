using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// The sizes of containers' file systems: what they have written, by the figures of the last cycle (filesystem.containers = on), and their images,
/// by Docker's own store. Immutable.
/// </summary>
internal sealed class SizeTable
{
    private readonly Dictionary<long, long> _writtenBytes = [];
    private readonly IReadOnlyDictionary<string, StoredImage> _images;

    /// <param name="samples">The samples of the last cycle.</param>
    /// <param name="images">Docker's images.</param>
    /// <param name="entries">The containers whose sizes are needed.</param>
    internal SizeTable(LatestSamples samples, ImageStore images, IEnumerable<InventoryEntry> entries)
    {
        LatestCycle cycle = samples.Acquire();
        try
        {
            foreach (LatestContainer latest in cycle.Containers)
            {
                if (cycle.SampleOf(latest) is { } sample && WrittenBytes(sample) is { } bytes) _writtenBytes[latest.Container.Key] = bytes;
            }
        }
        finally
        {
            samples.Release(cycle);
        }

        _images = images.Find(entries.Select(entry => entry.Details.ImageId).OfType<string>());
    }

    /// <summary>The sizes of a container.</summary>
    internal ContainerSizes Of(InventoryEntry entry)
    {
        long? written = entry.Container.Live is { } live && _writtenBytes.TryGetValue(live.Key, out long bytes) ? bytes : null;
        long? image = entry.Details.ImageId is { } id && _images.TryGetValue(id, out StoredImage? stored) ? stored.SizeBytes : null;
        return new ContainerSizes(written, written + image);
    }

    private static long? WrittenBytes(ContainerSample sample) =>
        sample.Filesystems.Find("/"u8) is { } root && root.Readings.TryGet(Reading.DiskUsedBytes, out long bytes) ? bytes : null;
}
