using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Writes one container of <c>/containers/json</c> (moby api/types/container, Summary).</summary>
/// <param name="writer">Receives the object.</param>
/// <param name="links">The names of containers.</param>
/// <param name="apiMinorVersion">The version that was agreed on.</param>
/// <param name="nowNs">The wall clock, in nanoseconds since the epoch.</param>
internal sealed class ListEntryWriter(Utf8JsonWriter writer, LinkNames links, int apiMinorVersion, long nowNs)
{
    private const long SecondNs = 1_000_000_000;

    /// <summary>Writes a container.</summary>
    /// <param name="entry">The container.</param>
    /// <param name="image">The image to show.</param>
    /// <param name="sizes">The sizes of its file system; null if they were not asked for.</param>
    internal void Write(InventoryEntry entry, string image, ContainerSizes? sizes)
    {
        ContainerDetails details = entry.Details;
        writer.WriteStartObject();
        writer.WriteString("Id", entry.Container.Id);
        writer.WriteStartArray("Names");
        foreach (string name in links.Of(entry.Container)) writer.WriteStringValue(name);
        writer.WriteEndArray();
        writer.WriteString("Image", image);
        writer.WriteString("ImageID", details.ImageId ?? "");
        if (apiMinorVersion >= FieldVersions.ManifestDescriptor && !details.ManifestDescriptor.IsEmpty)
        {
            writer.WritePropertyName("ImageManifestDescriptor");
            writer.WriteRawValue(details.ManifestDescriptor.Span, skipInputValidation: true);
        }

        writer.WriteString("Command", CommandOf(details));
        writer.WriteNumber("Created", details.CreatedNs / SecondNs);
        WritePorts(details);
        sizes?.Write(writer);
        PairsWriter.Write(writer, "Labels", details.Labels);
        writer.WriteString("State", DockerWords.State(entry.Container.State, details.IsBeingRemoved));
        writer.WriteString("Status", DockerWords.Status(entry.Container.State, details, nowNs));
        writer.WriteStartObject("HostConfig");
        if (details.NetworkMode is { } mode) writer.WriteString("NetworkMode", mode);
        if (apiMinorVersion >= FieldVersions.Annotations && !details.Annotations.IsEmpty) PairsWriter.Write(writer, "Annotations", details.Annotations);
        writer.WriteEndObject();
        if (apiMinorVersion >= FieldVersions.HealthInList) WriteHealth(details);
        writer.WriteStartObject("NetworkSettings");
        writer.WriteStartObject("Networks");
        foreach (NetworkEndpoint endpoint in details.Networks) EndpointWriter.Write(writer, endpoint, apiMinorVersion);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartArray("Mounts");
        foreach (MountedDirectory mount in details.Mounts) MountWriter.Write(writer, mount);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The program and its arguments; those with a space in quotation marks (moby daemon/container/view.go).</summary>
    internal static string CommandOf(ContainerDetails details) =>
        string.Join(' ', details.Arguments.Select(argument => argument.Contains(' ', StringComparison.Ordinal) ? $"'{argument}'" : argument).Prepend(details.Path ?? ""));

    private void WritePorts(ContainerDetails details)
    {
        writer.WriteStartArray("Ports");
        foreach (ContainerPort port in details.Ports)
        {
            writer.WriteStartObject();
            if (port.Address.Length > 0) writer.WriteString("IP", port.Address);
            writer.WriteNumber("PrivatePort", port.Private);
            if (port.Public != 0) writer.WriteNumber("PublicPort", port.Public);
            writer.WriteString("Type", port.Protocol);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteHealth(ContainerDetails details)
    {
        writer.WriteStartObject("Health");
        writer.WriteString("Status", details.Health ?? "none");
        writer.WriteNumber("FailingStreak", details.FailingStreak);
        writer.WriteEndObject();
    }
}
