namespace NsCollector.Discover;

/// <summary>The part of <see cref="FilterOptions"/> that leaves a container out.</summary>
internal enum FilterRule
{
    /// <summary>None: the container is sampled.</summary>
    None,

    /// <summary>No glob of filter.include matches its name or id.</summary>
    Include,

    /// <summary>A glob of filter.exclude matches its name or id.</summary>
    Exclude,

    /// <summary>No glob of filter.include_image matches its image, or its image is not known.</summary>
    IncludeImage,

    /// <summary>A glob of filter.exclude_image matches its image.</summary>
    ExcludeImage,
}
