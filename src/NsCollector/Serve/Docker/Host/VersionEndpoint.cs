using System.Text.Json;
using NsCollector.Linux;

namespace NsCollector.Serve.Docker.Host;

/// <summary>/version: the agent, and the versions of the API that it answers.</summary>
/// <param name="agent">The agent.</param>
/// <param name="roots">The host's procfs.</param>
internal sealed class VersionEndpoint(AgentVersion agent, HostRoots roots) : IDockerEndpoint
{
    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        string? kernel = HostFacts.KernelOf(roots);
        return response.Send(
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartObject("Platform"u8);
                writer.WriteString("Name"u8, "NsCollector"u8);
                writer.WriteEndObject();
                writer.WriteStartArray("Components"u8);
                writer.WriteStartObject();
                writer.WriteString("Name"u8, "Engine"u8);
                writer.WriteString("Version"u8, agent.Version);
                writer.WriteStartObject("Details"u8);
                WriteVersions(writer, kernel);
                writer.WriteString("Experimental"u8, "false"u8);
                writer.WriteEndObject();
                writer.WriteEndObject();
                writer.WriteEndArray();
                writer.WriteString("Version"u8, agent.Version);
                WriteVersions(writer, kernel);
                writer.WriteEndObject();
            },
            cancellation);
    }

    private void WriteVersions(Utf8JsonWriter writer, string? kernel)
    {
        writer.WriteString("ApiVersion"u8, ApiVersion.Max);
        writer.WriteString("MinAPIVersion"u8, ApiVersion.Min);
        if (agent.Commit is { } commit) writer.WriteString("GitCommit"u8, commit);
        writer.WriteString("Os"u8, "linux"u8);
        writer.WriteString("Arch"u8, HostFacts.GoArchitecture);
        if (kernel is not null) writer.WriteString("KernelVersion"u8, kernel);
    }
}
