using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using NsCollector.PackageTests.Packages;

namespace NsCollector.PackageTests.Oci;

/// <summary>The OCI image archive of <c>make package</c>, read according to the image specification.</summary>
internal sealed class ImageArchive
{
    private readonly Dictionary<string, byte[]> _files = [];

    private ImageArchive(string path)
    {
        using var archive = new TarReader(File.OpenRead(path));
        while (archive.GetNextEntry() is { } entry)
        {
            Times.Add(entry.ModificationTime);
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                _files.Add(entry.Name, Bytes(entry.DataStream));
        }

        Manifest = Json(Blob(Json(_files["index.json"]).GetProperty("manifests").EnumerateArray().Single()));
        Configuration = Json(Blob(Manifest.GetProperty("config")));
    }

    /// <summary>The name of the image in the archive.</summary>
    public static string Name => $"localhost/nscollector:{BuiltPackages.Version}";

    /// <summary>The path of the archive for this machine.</summary>
    public static string Path => BuiltPackages.PathOf(BuiltPackages.Native.Image);

    /// <summary>The image's configuration, such as entry point and user.</summary>
    public JsonElement Configuration { get; }

    /// <summary>The manifest, which lists the blobs.</summary>
    public JsonElement Manifest { get; }

    /// <summary>The modification times of the archive's files.</summary>
    public HashSet<DateTimeOffset> Times { get; } = [];

    /// <summary>The names of the blob files.</summary>
    public IEnumerable<string> Blobs => _files.Keys.Where(name => name.StartsWith("blobs/", StringComparison.Ordinal));

    /// <summary>Reads the archive for this machine.</summary>
    public static ImageArchive Read() => Read(BuiltPackages.Native);

    /// <summary>Reads the archive of one architecture.</summary>
    public static ImageArchive Read(PackageNames names)
    {
        string path = BuiltPackages.PathOf(names.Image);
        Assert.True(File.Exists(path), $"{path} is missing; run make package");
        return new ImageArchive(path);
    }

    /// <summary>The digest of a file in the archive, in the form of the specification.</summary>
    public string DigestOf(string name) => Digest(_files[name]);

    /// <summary>The only layer, decompressed.</summary>
    public byte[] Layer()
    {
        JsonElement descriptor = Manifest.GetProperty("layers").EnumerateArray().Single();
        Assert.Equal("application/vnd.oci.image.layer.v1.tar+gzip", descriptor.GetProperty("mediaType").GetString());
        using var packed = new GZipStream(new MemoryStream(Blob(descriptor)), CompressionMode.Decompress);
        return Bytes(packed);
    }

    /// <summary>The files of the layer, with their content.</summary>
    public List<(TarEntry Entry, byte[] Data)> Files()
    {
        List<(TarEntry, byte[])> files = [];
        using var layer = new TarReader(new MemoryStream(Layer()));
        while (layer.GetNextEntry() is { } entry)
            files.Add((entry, Bytes(entry.DataStream)));
        return files;
    }

    /// <summary>A digest in the form of the specification.</summary>
    public static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    // Finds a blob by its digest, and checks the size in the descriptor.
    private byte[] Blob(JsonElement descriptor)
    {
        byte[] blob = _files["blobs/" + descriptor.GetProperty("digest").GetString()!.Replace(':', '/')];
        Assert.Equal(descriptor.GetProperty("size").GetInt64(), blob.Length);
        return blob;
    }

    private static byte[] Bytes(Stream? stream)
    {
        using var bytes = new MemoryStream();
        stream?.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static JsonElement Json(byte[] text) => JsonDocument.Parse(text).RootElement;
}
