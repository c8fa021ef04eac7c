using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Serve.Docker;

/// <summary>/containers/json: the containers with a process.</summary>
/// <param name="containers">The containers.</param>
internal sealed class LiveListEndpoint(IDockerContainers containers) : IDockerEndpoint
{
    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation) => response.Send(
        writer =>
        {
            long bootNs = SystemClock.RealtimeNs() - Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
            writer.WriteStartArray();
            foreach (DockerContainer container in containers.All())
            {
                writer.WriteStartObject();
                writer.WriteString("Id"u8, container.Id);
                writer.WriteStartArray("Names"u8);
                writer.WriteStringValue("/" + container.Name);
                writer.WriteEndArray();
                writer.WriteString("Image"u8, container.Live?.Identity.Image ?? "");
                if (container.Live?.StartedBoottimeNs is { } startedNs) writer.WriteNumber("Created"u8, (bootNs + startedNs) / 1_000_000_000);
                writer.WriteString("State"u8, container.State.ToString().ToLowerInvariant());
                writer.WriteString("Status"u8, "Up");
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        },
        cancellation);
}
