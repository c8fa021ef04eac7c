using System.Collections.Immutable;
using System.Text.Json;

namespace NsCollector.Serve.Docker.Host;

/// <summary>/networks and /networks/REFERENCE.</summary>
/// <param name="networks">Reads the networks.</param>
internal sealed class NetworksEndpoint(Func<ImmutableArray<DockerNetwork>> networks) : IDockerEndpoint
{
    private static readonly string[] EmptyObjects = ["Containers", "Options", "Labels"];

    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        if (!DockerFilters.TryParse(request, out DockerFilters? filters)) return response.Refuse(400, "invalid filter", cancellation);
        ImmutableArray<DockerNetwork> all = networks();
        if (request.Reference.Length > 0)
        {
            DockerNetwork[] found = [.. all.Where(network => network.Name == request.Reference || network.Id.StartsWith(request.Reference, StringComparison.Ordinal)).Take(1)];
            return found is [{ } one]
                ? response.Send(writer => Write(writer, one), cancellation)
                : response.Refuse(404, $"network {request.Reference} not found", cancellation);
        }

        return response.Send(
            writer =>
            {
                writer.WriteStartArray();
                foreach (DockerNetwork network in all)
                {
                    if (IsWanted(network, filters)) Write(writer, network);
                }

                writer.WriteEndArray();
            },
            cancellation);
    }

    private static bool IsWanted(DockerNetwork network, DockerFilters filters) =>
        filters.Accepts("name", name => network.Name.Contains(name, StringComparison.Ordinal))
        && filters.Accepts("id", id => network.Id.StartsWith(id, StringComparison.Ordinal))
        && filters.IsExactly("driver", network.Driver)
        && filters.IsExactly("scope", "local")
        && !filters.Contains("label");

    private static void Write(Utf8JsonWriter writer, DockerNetwork network)
    {
        writer.WriteStartObject();
        writer.WriteString("Name"u8, network.Name);
        writer.WriteString("Id"u8, network.Id);
        writer.WriteString("Scope"u8, "local"u8);
        writer.WriteString("Driver"u8, network.Driver);
        foreach (string name in EmptyObjects)
        {
            writer.WriteStartObject(name);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
