namespace NsCollector.Deliver;

/// <summary>The section of one sink. Immutable; validated by Host.</summary>
internal abstract record SinkOptions
{
    /// <summary>The NAME of the section.</summary>
    public required string Name { get; init; }
}
