namespace NsCollector.PackageTests.Kubernetes;

/// <summary>One mount of a container.</summary>
/// <param name="Name">The name of its volume.</param>
/// <param name="Path">Its path in the container.</param>
/// <param name="ReadOnly">Whether it is read-only.</param>
/// <param name="Propagation">Its mount propagation: None, HostToContainer, Bidirectional.</param>
/// <param name="HostPath">The host's directory; null: a volume of another kind.</param>
internal sealed record VolumeMount(string Name, string Path, bool ReadOnly, string Propagation, string? HostPath);
