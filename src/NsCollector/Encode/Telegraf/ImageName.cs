namespace NsCollector.Encode.Telegraf;

/// <summary>Divides the name of an image as Telegraf does (ParseImage in its internal/docker).</summary>
internal static class ImageName
{
    /// <returns>The name without its tag, and the tag: what follows the last colon after the registry, or <c>unknown</c>.</returns>
    internal static (string Name, string Version) Parse(string image)
    {
        int slash = image.IndexOf('/', StringComparison.Ordinal);
        int start = slash >= 0 && IsRegistry(image.AsSpan(0, slash)) ? slash + 1 : 0;
        int colon = image.LastIndexOf(':');
        return colon < start ? (image, "unknown") : (image[..colon], image[(colon + 1)..]);
    }

    // A registry has a port or a domain; the first part of any other name belongs to the image.
    private static bool IsRegistry(ReadOnlySpan<char> text) => text.IndexOfAny('.', ':') >= 0 || text is "localhost";
}
