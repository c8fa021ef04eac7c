using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using NsCollector.PackageTests.Packages;

namespace NsCollector.PackageTests.Oci;

/// <summary>The OCI image archive that <c>make package</c> left, read as the image specification describes it.</summary>
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

    /// <summary>What the image is called in the archive.</summary>
    public static string Name => $"localhost/nscollector:{BuiltPackages.Version}";

    /// <summary>Where the archive for this machine is.</summary>
    public static string Path => BuiltPackages.PathOf(BuiltPackages.Native.Image);

    /// <summary>The image's configuration: what its containers run, as whom.</summary>
    public JsonElement Configuration { get; }

    /// <summary>The manifest: which blobs there are.</summary>
    public JsonElement Manifest { get; }

    /// <summary>When the files of the archive say they were written.</summary>
    public HashSet<DateTimeOffset> Times { get; } = [];

    /// <summary>The names of the files that are blobs.</summary>
    public IEnumerable<string> Blobs => _files.Keys.Where(name => name.StartsWith("blobs/", StringComparison.Ordinal));

    /// <summary>Reads that for this machine.</summary>
    public static ImageArchive Read() => Read(BuiltPackages.Native);

    /// <summary>Reads that of one architecture.</summary>
    public static ImageArchive Read(PackageNames names)
    {
        string path = BuiltPackages.PathOf(names.Image);
        Assert.True(File.Exists(path), $"{path} is missing: make package");
        return new ImageArchive(path);
    }

    /// <summary>The digest of a file in the archive, as the specification writes it.</summary>
    public string DigestOf(string name) => Digest(_files[name]);

    /// <summary>The only layer, without its compression.</summary>
    public byte[] Layer()
    {
        JsonElement descriptor = Manifest.GetProperty("layers").EnumerateArray().Single();
        Assert.Equal("application/vnd.oci.image.layer.v1.tar+gzip", descriptor.GetProperty("mediaType").GetString());
        using var packed = new GZipStream(new MemoryStream(Blob(descriptor)), CompressionMode.Decompress);
        return Bytes(packed);
    }

    /// <summary>The files of the layer, with their data.</summary>
    public List<(TarEntry Entry, byte[] Data)> Files()
    {
        List<(TarEntry, byte[])> files = [];
        using var layer = new TarReader(new MemoryStream(Layer()));
        while (layer.GetNextEntry() is { } entry)
            files.Add((entry, Bytes(entry.DataStream)));
        return files;
    }

    /// <summary>A digest as the specification writes it.</summary>
    public static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    // A blob is found by its digest, and has the size that whoever names it says.
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
