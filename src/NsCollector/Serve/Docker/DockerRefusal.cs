namespace NsCollector.Serve.Docker;

/// <summary>Why a request to Docker's API is refused, in dockerd's words.</summary>
/// <param name="Status">The status of the answer.</param>
/// <param name="Message">The message.</param>
internal sealed record DockerRefusal(int Status, string Message)
{
    /// <summary>A parameter that is malformed.</summary>
    internal static DockerRefusal Bad(string message) => new(400, message);

    /// <summary>A filter that does not exist, or a value that it does not have.</summary>
    internal static DockerRefusal BadFilter(string key, string? value = null) => Bad(value is null ? $"invalid filter '{key}'" : $"invalid filter '{key}={value}'");

    /// <summary>A container that does not exist.</summary>
    internal static DockerRefusal NoContainer(string reference) => new(404, $"No such container: {reference}");

    /// <summary>Finds the container that a request refers to.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="reference">An id, a name or a prefix of an id. Hostile.</param>
    /// <param name="container">The container; not null if there is no refusal.</param>
    /// <returns>The reason why there is no result; null if there is one.</returns>
    internal static DockerRefusal? Of(IDockerContainers containers, string reference, out DockerContainer container)
    {
        DockerContainerMatch match = containers.Find(reference);
        container = match.Container!;
        return Of(match, reference);
    }

    /// <summary>The reason why a search has no result; null if it has one.</summary>
    internal static DockerRefusal? Of(DockerContainerMatch match, string reference) =>
        match.Container is not null ? null : match.IsAmbiguous ? Bad($"multiple IDs found with provided prefix: {reference}") : NoContainer(reference);
}
