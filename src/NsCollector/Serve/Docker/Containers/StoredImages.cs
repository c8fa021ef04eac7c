using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NsCollector.Discover.Recognise;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// Reads the images of one directory image/DRIVER of Docker's own store: imagedb/content/sha256/ID (moby image/fs.go), and the sizes of
/// their layers, layerdb/sha256/CHAIN/size (moby layer/filestore.go). For one thread at a time; images are kept, because an id is the hash of its content.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="documents">Reads the files.</param>
internal sealed class StoredImages(string directory, StateDocuments documents)
{
    private const int MaxKept = 4096;

    // Docker's overlay2 allows 128.
    private const int MaxLayers = 1024;

    // No disk is larger. So the sum of an image's layers does not overflow, whatever the user of a rootless daemon writes into their files.
    private const long MaxLayerBytes = 1L << 50;

    private const string Algorithm = "sha256:";

    private readonly Dictionary<string, StoredImage> _kept = new(StringComparer.Ordinal);

    /// <summary>Reads an image.</summary>
    /// <param name="id">Its id. Hostile.</param>
    /// <returns>Null if the store does not have it.</returns>
    internal StoredImage? Find(string id)
    {
        if (_kept.TryGetValue(id, out StoredImage? known)) return known;
        if (!IsId(id)) return null;
        string digits = id[Algorithm.Length..];
        using JsonDocument? document = documents.Read($"{directory}/imagedb/content/sha256/{digits}", out _);
        if (document is null) return null;
        var content = new StateElement(document.RootElement);
        var image = new StoredImage
        {
            CreatedNs = content["created"].TimeNs,
            Labels = content["config"]["Labels"] is { Exists: true } labels ? labels.Pairs : default,
            Layers = LayersOf(content["rootfs"]["diff_ids"].Texts),
            ParentId = documents.ReadText($"{directory}/imagedb/metadata/sha256/{digits}/parent") ?? "",
        };
        if (image.Layers.IsDefault) return image;
        if (_kept.Count >= MaxKept) _kept.Clear();
        return _kept[id] = image;
    }

    // A layer's chain id is the hash of the chain id below it, a space, and its own id (opencontainers/image-spec, config.md).
    private ImmutableArray<(string, long)> LayersOf(ImmutableArray<string> ids)
    {
        if (ids.Length > MaxLayers) return default;
        var layers = ImmutableArray.CreateBuilder<(string, long)>(ids.Length);
        string chain = "";
        foreach (string id in ids)
        {
            chain = chain.Length == 0 ? id : Algorithm + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{chain} {id}")));
            if (!IsId(chain) || !long.TryParse(documents.ReadText($"{directory}/layerdb/sha256/{chain[Algorithm.Length..]}/size"), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) || bytes > MaxLayerBytes)
                return default;
            layers.Add((chain, bytes));
        }

        return layers.ToImmutable();
    }

    private static bool IsId(string id) => id.StartsWith(Algorithm, StringComparison.Ordinal) && OciId.Is(id.AsSpan(Algorithm.Length));
}
