namespace NsCollector.Encode.Selection;

/// <summary>Which metrics and labels one output shows, as configured. Null means that the output's section does not have the key.</summary>
internal sealed record OutputChoice
{
    /// <summary>Globs of the metrics that are shown; empty for all.</summary>
    public GlobList? Include { get; init; }

    /// <summary>Globs of the metrics that are not shown. Takes precedence over <see cref="Include"/>.</summary>
    public GlobList? Exclude { get; init; }

    /// <summary>Globs of the keys of labels that are shown, of those that <c>identity.labels</c> selects; empty for all.</summary>
    public GlobList? IncludeLabels { get; init; }

    /// <summary>Globs of the keys of labels that are not shown. Takes precedence over <see cref="IncludeLabels"/>.</summary>
    public GlobList? ExcludeLabels { get; init; }

    /// <summary>The same choice, with the lists of <paramref name="defaults"/> for each list that is not set.</summary>
    internal OutputChoice WithDefaults(OutputChoice defaults) => new()
    {
        Include = Include ?? defaults.Include,
        Exclude = Exclude ?? defaults.Exclude,
        IncludeLabels = IncludeLabels ?? defaults.IncludeLabels,
        ExcludeLabels = ExcludeLabels ?? defaults.ExcludeLabels,
    };
}
