namespace NsCollector.Serve.Docker;

/// <summary>The agent, as /version shows it.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Commit">The commit that it was built from; null if not known.</param>
internal sealed record AgentVersion(string Version, string? Commit)
{
    /// <summary>The header Server of each answer, in dockerd's form.</summary>
    internal string Server => $"NsCollector/{Version} (linux)";
}
