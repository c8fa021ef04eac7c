using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// Docker's own image store: image/DRIVER/repositories.json of each data root, read again if it has changed. Images in containerd's store, which
/// Docker 29 uses by default, are not in it. Any thread may use it.
/// </summary>
/// <param name="roots">Docker's data roots at the moment.</param>
/// <param name="documents">Reads the files.</param>
internal sealed class ImageStore(Func<IReadOnlyList<string>> roots, StateDocuments documents)
{
    /// <summary>The drivers of Docker's own store; those of containerd's, such as overlayfs, leave an old file behind.</summary>
    private static readonly string[] Drivers = ["overlay2", "vfs", "btrfs", "zfs", "fuse-overlayfs", "aufs", "devicemapper", "overlay"];

    private readonly Dictionary<string, (StateFileStamp Stamp, ImmutableArray<KeyValuePair<string, string>> References)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredImages> _images = new(StringComparer.Ordinal);
    private readonly FileReadLock _lock = new();
    private volatile ImageReferences _references = ImageReferences.None;

    /// <summary>The images of ids; an id that the store does not have is left out. If a disk hangs, none are found.</summary>
    internal IReadOnlyDictionary<string, StoredImage> Find(IEnumerable<string> ids)
    {
        var found = new Dictionary<string, StoredImage>(StringComparer.Ordinal);
        if (!_lock.TryEnter()) return found;
        try
        {
            StoredImages[] directories = [.. Directories().Select(ImagesOf)];
            foreach (string id in ids)
            {
                if (!found.ContainsKey(id) && directories.Select(directory => directory.Find(id)).FirstOrDefault(image => image is not null) is { } image) found.Add(id, image);
            }

            return found;
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>The references of all data roots. The first root that has one counts. If a disk hangs, the last answer is returned.</summary>
    internal ImageReferences References()
    {
        if (!_lock.TryEnter()) return _references;
        try
        {
            var images = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (string directory in Directories())
            {
                foreach ((string reference, string id) in Read(directory + "/repositories.json")) images.TryAdd(reference, id);
            }

            return _references = images.Count == 0 ? ImageReferences.None : new ImageReferences(images.ToFrozenDictionary(StringComparer.Ordinal));
        }
        finally
        {
            _lock.Exit();
        }
    }

    // The directories of the store: image/DRIVER of each data root that has one.
    private IEnumerable<string> Directories() => roots().SelectMany(root => Drivers.Select(driver => $"{root}/image/{driver}")).Where(path => StateFileStamp.Statx(path + "/repositories.json", out _) == 0);

    private StoredImages ImagesOf(string directory)
    {
        if (!_images.TryGetValue(directory, out StoredImages? images)) _images.Add(directory, images = new StoredImages(directory, documents));
        return images;
    }

    private ImmutableArray<KeyValuePair<string, string>> Read(string path)
    {
        if (_files.TryGetValue(path, out var known) && known.Stamp.IsCurrent()) return known.References;
        _files.Remove(path);
        using JsonDocument? document = documents.Read(path, out StateFileStamp? stamp);
        ImmutableArray<KeyValuePair<string, string>> references = document is null ? [] : ImageReferences.Parse(new StateElement(document.RootElement));
        if (stamp is not null) _files[path] = (stamp, references);
        return references;
    }
}
