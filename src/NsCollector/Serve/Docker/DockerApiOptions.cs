namespace NsCollector.Serve.Docker;

/// <summary>How Docker's API is served. Immutable.</summary>
internal sealed record DockerApiOptions
{
    /// <summary>Whether inspect shows the environment of containers (<c>environment</c>): secrets are often there.</summary>
    public bool Environment { get; init; }
}
