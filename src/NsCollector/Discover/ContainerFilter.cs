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
    internal bool Includes(ContainerIdentity identity) => LeftOutBy(identity) == FilterRule.None;

    /// <summary>The first rule that leaves the container out; <see cref="FilterRule.None"/> if it is sampled.</summary>
    internal FilterRule LeftOutBy(ContainerIdentity identity)
    {
        FilterRule image = ImageRule(identity.Image);
        if (image != FilterRule.None || (_include.Length == 0 && _exclude.Length == 0)) return image;
        string runtime = identity.Runtime.ToString().ToLowerInvariant();
        string[] names = [$"{runtime}/{identity.DisplayName}", $"{runtime}/{identity.ShortId}", $"{runtime}/{identity.Id}"];
        if (Array.Exists(names, name => AnyMatches(_exclude, name))) return FilterRule.Exclude;
        return _include.Length == 0 || Array.Exists(names, name => AnyMatches(_include, name)) ? FilterRule.None : FilterRule.Include;
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

    private FilterRule ImageRule(string? image)
    {
        if (!string.IsNullOrEmpty(image) && AnyMatches(_excludeImage, image)) return FilterRule.ExcludeImage;
        bool isIncluded = _includeImage.Length == 0 || (!string.IsNullOrEmpty(image) && AnyMatches(_includeImage, image));
        return isIncluded ? FilterRule.None : FilterRule.IncludeImage;
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
