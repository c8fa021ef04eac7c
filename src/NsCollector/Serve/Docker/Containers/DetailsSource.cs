using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Where the details of one container are read. Used by one thread at a time, except <see cref="WriteInspect"/>.</summary>
internal abstract class DetailsSource
{
    /// <summary>Whether the runtime's files list a container from its creation to its removal, whether it runs or not.</summary>
    internal virtual bool IsListed => true;

    /// <summary>The details. If nothing has changed since the last call, it costs one statx(2) for each file.</summary>
    internal abstract ContainerDetails Read();

    /// <summary>Writes the members of inspect that its runtime's files have in Docker's own form. Any thread may call it.</summary>
    /// <param name="writer">Receives the members of an object that was begun.</param>
    /// <param name="request">What is asked, and what is known.</param>
    /// <returns>False if nothing was written, because the files are not Docker's or cannot be read.</returns>
    internal virtual bool WriteInspect(Utf8JsonWriter writer, InspectRequest request) => false;
}
