namespace NsCollector.DocGen.Grafana;

/// <summary>A dashboard in its two forms.</summary>
/// <param name="Name">The name of its files.</param>
/// <param name="Title">Its title.</param>
/// <param name="Description">What it is for, in one sentence.</param>
/// <param name="Rows">The titles of its rows, and their panels.</param>
internal sealed record Board(string Name, string Title, string Description, (string Title, Panel[] Panels)[] Rows)
{
    /// <summary>Whether it has the variable <c>container</c>.</summary>
    public bool IsOfContainer { get; init; }
}
