namespace NsCollector.Serve.Docker;

/// <summary>The result of a search by id, name or prefix of an id, as dockerd searches.</summary>
/// <param name="Container">The container; null if there is none, or more than one.</param>
/// <param name="IsAmbiguous">Whether more than one id has the prefix.</param>
internal readonly record struct DockerContainerMatch(DockerContainer? Container, bool IsAmbiguous);
