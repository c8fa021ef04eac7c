namespace NsCollector.Serve.Docker.Host;

/// <summary>A network that containers are connected to.</summary>
/// <param name="Id">64 hexadecimal digits.</param>
/// <param name="Name">Its name.</param>
/// <param name="Driver">The driver: <c>bridge</c>, <c>host</c>, <c>null</c>; empty if not known.</param>
/// <param name="Bridge">The host's bridge; null if it has none, or if that is not known.</param>
internal readonly record struct DockerNetwork(string Id, string Name, string Driver, string? Bridge = null);
