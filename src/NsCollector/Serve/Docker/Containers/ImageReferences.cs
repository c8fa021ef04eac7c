using System.Collections.Frozen;
using System.Collections.Immutable;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The images that names refer to, by Docker's repositories.json. Immutable.</summary>
/// <param name="images">The id of each reference: <c>NAME:TAG</c> or <c>NAME@DIGEST</c>, as Docker shows it.</param>
internal sealed class ImageReferences(FrozenDictionary<string, string> images)
{
    // A shorter prefix of an id is not taken for an id.
    private const int MinIdDigits = 4;

    /// <summary>No references are known.</summary>
    internal static ImageReferences None { get; } = new(FrozenDictionary<string, string>.Empty);

    /// <summary>Whether any reference is known.</summary>
    internal bool IsKnown => images.Count > 0;

    /// <summary>The references of each image.</summary>
    internal ILookup<string, string> ByImage => images.ToLookup(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Reads the references of repositories.json (moby reference/store.go).</summary>
    internal static ImmutableArray<KeyValuePair<string, string>> Parse(StateElement repositories) =>
        [.. repositories["Repositories"].Members.SelectMany(repository => repository.Value.Pairs)];

    /// <summary>The image that the list of containers shows: the name, or the id if the name is that of another image by now (refreshImage of moby daemon/list.go).</summary>
    internal string ShownImage(InventoryEntry entry)
    {
        ContainerDetails details = entry.Details;
        string image = details.Image ?? details.ImageId ?? "";
        if (!IsKnown || entry.Source is not DockerSource || details.ImageId is not { } id || !details.ManifestDescriptor.IsEmpty || IsIdOf(image, id)) return image;
        return images.GetValueOrDefault(Normalize(image)) == id ? image : id;
    }

    /// <summary>Whether a container was created from an image.</summary>
    /// <param name="reference">The image's name, id or prefix of its id. Hostile.</param>
    /// <param name="entry">The container.</param>
    internal bool IsImageOf(string reference, InventoryEntry entry)
    {
        if (reference.Length == 0) return false;
        if (entry.Details.ImageId is { } id && (IsIdOf(reference, id) || images.GetValueOrDefault(Normalize(reference)) == id)) return true;
        return Normalize(ShownImage(entry)) == Normalize(reference);
    }

    /// <summary>A reference as repositories.json has it: without Docker's registry, with the tag <c>latest</c> if it has neither tag nor digest.</summary>
    internal static string Normalize(string reference)
    {
        foreach (string registry in (ReadOnlySpan<string>)["docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/"])
        {
            if (!reference.StartsWith(registry, StringComparison.Ordinal)) continue;
            reference = reference[registry.Length..];
            break;
        }

        return reference.IndexOf('@', StringComparison.Ordinal) >= 0 || reference.LastIndexOf(':') > reference.LastIndexOf('/') ? reference : reference + ":latest";
    }

    private static bool IsIdOf(string reference, string id)
    {
        if (reference == id) return true;
        ReadOnlySpan<char> digits = reference.StartsWith("sha256:", StringComparison.Ordinal) ? reference.AsSpan(7) : reference;
        return digits.Length >= MinIdDigits && !digits.ContainsAnyExcept("0123456789abcdef") && id.AsSpan(id.IndexOf(':', StringComparison.Ordinal) + 1).StartsWith(digits);
    }
}
