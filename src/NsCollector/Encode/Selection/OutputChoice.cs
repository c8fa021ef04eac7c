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

    /// <summary>
    /// The same choice, with the lists of <paramref name="defaults"/> for each list that is not set. Lists without a glob are null in it, so
    /// that an output with an empty list and one without the key share an encoder.
    /// </summary>
    internal OutputChoice WithDefaults(OutputChoice defaults) => new()
    {
        Include = NullIfEmpty(Include ?? defaults.Include),
        Exclude = NullIfEmpty(Exclude ?? defaults.Exclude),
        IncludeLabels = NullIfEmpty(IncludeLabels ?? defaults.IncludeLabels),
        ExcludeLabels = NullIfEmpty(ExcludeLabels ?? defaults.ExcludeLabels),
    };

    private static GlobList? NullIfEmpty(GlobList? list) => list is { IsEmpty: false } ? list : null;
}
