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

    /// <summary>The reason why a search has no result; null if it has one.</summary>
    internal static DockerRefusal? Of(DockerContainerMatch match, string reference) =>
        match.Container is not null ? null : match.IsAmbiguous ? Bad($"multiple IDs found with provided prefix: {reference}") : NoContainer(reference);
}
