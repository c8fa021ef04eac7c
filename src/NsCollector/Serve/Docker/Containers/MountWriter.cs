using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Writes a mount of a container (MountPoint of moby api/types/container).</summary>
internal static class MountWriter
{
    /// <summary>Writes one object.</summary>
    internal static void Write(Utf8JsonWriter writer, MountedDirectory mount)
    {
        writer.WriteStartObject();
        if (mount.Type.Length > 0) writer.WriteString("Type", mount.Type);
        if (mount.Name is { } name) writer.WriteString("Name", name);
        writer.WriteString("Source", mount.Source);
        writer.WriteString("Destination", mount.Destination);
        if (mount.Driver is { } driver) writer.WriteString("Driver", driver);
        writer.WriteString("Mode", mount.Mode);
        writer.WriteBoolean("RW", mount.IsWritable);
        writer.WriteString("Propagation", mount.Propagation);
        writer.WriteEndObject();
    }
}
