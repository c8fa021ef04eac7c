using System.Collections.Immutable;
using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker.Events;

/// <summary>Something that happened to a container, as dockerd reports it (moby, api/types/events). Immutable.</summary>
/// <param name="TimeNs">When: nanoseconds since the epoch.</param>
/// <param name="Action">What: <c>start</c>, <c>die</c>.</param>
/// <param name="Id">The container's id.</param>
/// <param name="Image">Its image; null if not known.</param>
/// <param name="Attributes">Name, image, labels, and what belongs to the action, by key.</param>
internal sealed record DockerEvent(long TimeNs, string Action, string Id, string? Image, ImmutableSortedDictionary<string, string> Attributes)
{
    /// <summary>The container's name; empty if not known.</summary>
    internal string Name => Attributes.GetValueOrDefault("name", "");

    /// <summary>An event of a container that discovery sees.</summary>
    /// <param name="timeNs">When.</param>
    /// <param name="action">What.</param>
    /// <param name="container">The container. Only the selected labels are known.</param>
    /// <param name="more">Further attributes.</param>
    internal static DockerEvent Of(long timeNs, string action, Container container, params ReadOnlySpan<KeyValuePair<string, string>> more)
    {
        ContainerIdentity identity = container.Identity;
        var attributes = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (!identity.Labels.IsDefault)
        {
            foreach ((string key, string value) in identity.Labels) attributes[key] = value;
        }

        attributes["name"] = InventoryNames.Plain(LiveDetails.NameOf(identity, container.State?.RestartCount));
        if (identity.Image is { } image) attributes["image"] = image;
        foreach ((string key, string value) in more) attributes[key] = value;
        return new DockerEvent(timeNs, action, DockerId.Of(container), identity.Image, attributes.ToImmutable());
    }

    /// <summary>The same with further labels. Its own attributes stay as they are.</summary>
    internal DockerEvent WithLabels(ImmutableArray<KeyValuePair<string, string>> labels)
    {
        if (labels.IsDefaultOrEmpty) return this;
        var attributes = Attributes.ToBuilder();
        foreach ((string key, string value) in labels) attributes.TryAdd(key, value);
        return this with { Attributes = attributes.ToImmutable() };
    }

    /// <summary>Writes it.</summary>
    /// <param name="writer">Receives a JSON object.</param>
    /// <param name="apiMinorVersion">The client's version of the API.</param>
    internal void Write(Utf8JsonWriter writer, int apiMinorVersion)
    {
        writer.WriteStartObject();
        if (apiMinorVersion < FieldVersions.NoOldEventFields)
        {
            writer.WriteString("status"u8, Action);
            writer.WriteString("id"u8, Id);
            if (Image is not null) writer.WriteString("from"u8, Image);
        }

        writer.WriteString("Type"u8, "container"u8);
        writer.WriteString("Action"u8, Action);
        writer.WriteStartObject("Actor"u8);
        writer.WriteString("ID"u8, Id);
        writer.WriteStartObject("Attributes"u8);
        foreach ((string key, string value) in Attributes) writer.WriteString(key, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteString("scope"u8, "local"u8);
        writer.WriteNumber("time"u8, TimeNs / 1_000_000_000);
        writer.WriteNumber("timeNano"u8, TimeNs);
        writer.WriteEndObject();
    }
}
