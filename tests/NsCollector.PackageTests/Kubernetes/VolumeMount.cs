namespace NsCollector.PackageTests.Kubernetes;

/// <summary>One mount of a container.</summary>
/// <param name="Name">What its volume is called.</param>
/// <param name="Path">Where it stands in the container.</param>
/// <param name="ReadOnly">Whether it cannot be written.</param>
/// <param name="Propagation">Which mounts show on the other side: None, HostToContainer, Bidirectional.</param>
/// <param name="HostPath">The host's directory; null: a volume of another kind.</param>
internal sealed record VolumeMount(string Name, string Path, bool ReadOnly, string Propagation, string? HostPath);
