namespace NsCollector.Serve.Docker.Containers;

/// <summary>A volume or directory that is mounted in a container (MountPoint of moby api/types/container).</summary>
/// <param name="Type"><c>volume</c>, <c>bind</c>, <c>tmpfs</c>; empty if it is not known.</param>
/// <param name="Name">The volume's name; null if it is none.</param>
/// <param name="Source">The path on the host.</param>
/// <param name="Destination">The path in the container.</param>
/// <param name="Driver">The volume's driver; null if it is none.</param>
/// <param name="Mode">The options that the user gave.</param>
/// <param name="IsWritable">Whether the container can write to it.</param>
/// <param name="Propagation">The mount propagation.</param>
internal sealed record MountedDirectory(
    string Type, string? Name, string Source, string Destination, string? Driver, string Mode, bool IsWritable, string Propagation);
