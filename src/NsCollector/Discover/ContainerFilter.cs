using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>Decides by <see cref="FilterOptions"/> which containers are sampled.</summary>
/// <remarks>
/// The part NAME of a <c>RUNTIME/NAME</c> glob matches the name, the short id or the full id. A container without a known
/// image (LXC, a service) matches no image glob, so any <c>include_image</c> leaves it out and no <c>exclude_image</c> does.
/// </remarks>
internal sealed class ContainerFilter
{
    private readonly Glob[] _include;
    private readonly Glob[] _exclude;
    private readonly Glob[] _includeImage;
    private readonly Glob[] _excludeImage;

    /// <param name="options">The globs.</param>
    internal ContainerFilter(FilterOptions options)
    {
        _include = Globs(options.Include);
        _exclude = Globs(options.Exclude);
        _includeImage = Globs(options.IncludeImage);
        _excludeImage = Globs(options.ExcludeImage);
    }

    /// <summary>Whether any name or image glob is configured.</summary>
    internal bool HasGlobs => _include.Length + _exclude.Length + _includeImage.Length + _excludeImage.Length > 0;

    /// <summary>Whether the container is sampled. An exclude wins over an include.</summary>
    internal bool Includes(ContainerIdentity identity)
    {
        if (!IncludesImage(identity.Image)) return false;
        if (_include.Length == 0 && _exclude.Length == 0) return true;
        string runtime = identity.Runtime.ToString().ToLowerInvariant();
        string[] names = [$"{runtime}/{identity.DisplayName}", $"{runtime}/{identity.ShortId}", $"{runtime}/{identity.Id}"];
        if (Array.Exists(names, name => AnyMatches(_exclude, name))) return false;
        return _include.Length == 0 || Array.Exists(names, name => AnyMatches(_include, name));
    }

    /// <summary>Whether a container of which only the id is known may be sampled.</summary>
    /// <param name="runtime">The runtime that created it.</param>
    /// <param name="id">The whole id.</param>
    internal bool MayInclude(ContainerRuntime runtime, string id)
    {
        var identity = new ContainerIdentity(runtime, id);
        string beginning = identity.Runtime.ToString().ToLowerInvariant() + "/";
        if (AnyMatches(_exclude, beginning + identity.ShortId) || AnyMatches(_exclude, beginning + id)) return false;
        return _include.Length == 0 || Array.Exists(_include, glob => glob.MayMatch(beginning));
    }

    private bool IncludesImage(string? image)
    {
        if (string.IsNullOrEmpty(image)) return _includeImage.Length == 0;
        if (AnyMatches(_excludeImage, image)) return false;
        return _includeImage.Length == 0 || AnyMatches(_includeImage, image);
    }

    private static bool AnyMatches(Glob[] globs, string text)
    {
        foreach (Glob glob in globs)
        {
            if (glob.Matches(text)) return true;
        }

        return false;
    }

    private static Glob[] Globs(ImmutableArray<string> patterns) =>
        patterns.IsDefault ? [] : [.. patterns.Select(pattern => new Glob(pattern))];
}
