using System.Text;
using System.Text.Json;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The members GraphDriver or Storage of inspect: where a container's file system is (moby daemon/graphdriver/overlay2, GetMetadata).</summary>
internal sealed class GraphDriverPaths
{
    private const string Overlay = "overlay2";

    // Docker's limit is 128 layers.
    private const int MaxLowers = 1024;

    private const int MaxLinkBytes = 512;

    private readonly string _driver;
    private readonly bool _isSnapshot;
    private readonly string? _directory;
    private readonly string? _lowers;

    private GraphDriverPaths(string driver, bool isSnapshot, string? directory, string? lowers)
    {
        _driver = driver;
        _isSnapshot = isSnapshot;
        _directory = directory;
        _lowers = lowers;
    }

    /// <summary>Reads the directories of a container.</summary>
    /// <param name="root">Docker's data root.</param>
    /// <param name="id">The container's id, which <see cref="StatePlace.IsId"/> has accepted.</param>
    /// <param name="config">config.v2.json.</param>
    /// <param name="documents">Reads the files.</param>
    internal static GraphDriverPaths Read(string root, string id, StateElement config, StateDocuments documents)
    {
        string driver = config["Driver"].Text ?? "";
        bool isSnapshot = config["ImageManifest"].Json.ValueKind == JsonValueKind.Object;
        if (isSnapshot || driver != Overlay) return new GraphDriverPaths(driver, isSnapshot, null, null);
        string? mount = documents.ReadText($"{root}/image/{Overlay}/layerdb/mounts/{id}/mount-id");
        if (mount is null || !StatePlace.IsId(mount)) return new GraphDriverPaths(driver, false, null, null);
        string home = $"{root}/{Overlay}";
        return new GraphDriverPaths(driver, false, $"{home}/{mount}", Resolve(home, documents.ReadText($"{home}/{mount}/lower")));
    }

    /// <summary>Writes the member.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="apiMinorVersion">The version that was agreed on.</param>
    internal void Write(Utf8JsonWriter writer, int apiMinorVersion)
    {
        if (_isSnapshot && apiMinorVersion >= FieldVersions.HealthInList)
        {
            writer.WriteStartObject("Storage");
            writer.WriteStartObject("RootFS");
            writer.WriteStartObject("Snapshot");
            writer.WriteString("Name", _driver);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartObject("GraphDriver");
        if (_directory is null)
        {
            writer.WriteNull("Data");
        }
        else
        {
            writer.WriteStartObject("Data");
            if (_lowers is { Length: > 0 }) writer.WriteString("LowerDir", _lowers);
            writer.WriteString("MergedDir", _directory + "/merged");
            writer.WriteString("UpperDir", _directory + "/diff");
            writer.WriteString("WorkDir", _directory + "/work");
            writer.WriteEndObject();
        }

        writer.WriteString("Name", _driver);
        writer.WriteEndObject();
    }

    // l/NAME:l/NAME, each a link to ../DIRECTORY/diff.
    private static string? Resolve(string home, string? lower)
    {
        if (lower is null) return null;
        string[] links = lower.Split(':');
        if (links.Length > MaxLowers) return null;
        List<string> lowers = [];
        Span<byte> target = stackalloc byte[MaxLinkBytes];
        foreach (string link in links)
        {
            if (!link.StartsWith("l/", StringComparison.Ordinal) || !StatePlace.IsElement(link.AsSpan(2))) return null;
            int length = new StatePlace(home + "/l/", "").ReadLink(link.AsSpan(2), target);
            if (length <= 0 || length == target.Length) return null;
            lowers.Add(Path.GetFullPath($"{home}/l/{Encoding.UTF8.GetString(target[..length])}"));
        }

        return string.Join(':', lowers);
    }
}
