using System.Runtime.InteropServices;
using System.Text.Json;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// Parses the objects of Docker's Engine API (api/swagger.yaml of moby: ContainerSummary, EventMessage). Podman's have the
/// same fields. Used by one thread.
/// </summary>
/// <param name="isWanted">Which labels are kept.</param>
internal sealed class EngineJson(Func<string, bool> isWanted)
{
    private const int MaxIdLength = 128;

    private static ReadOnlySpan<byte> HealthPrefix => "health_status"u8;

    private readonly LabelSet _labels = new(isWanted);

    /// <summary>How many wanted labels of the last object were left out because of their length or number.</summary>
    internal int LabelsLeftOut => _labels.LeftOut;

    /// <summary>Parses one container of GET /containers/json.</summary>
    /// <returns>False if it is not one; nothing in it is used then.</returns>
    internal bool TryParseListed(ReadOnlyMemory<byte> json, out EngineContainer? container)
    {
        container = null;
        _labels.Clear();
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            _labels.AddAll(Member(root, "Labels"u8));
            container = Make(Text(root, "Id"u8), OwnName(Member(root, "Names"u8)), Text(root, "Image"u8));
            if (container is not null) container = container with { Health = ListedHealth(Text(root, "Status"u8)) };
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }

        return container is not null;
    }

    /// <summary>Parses one event of GET /events.</summary>
    /// <param name="json">The event.</param>
    /// <param name="action">What happened.</param>
    /// <param name="container">The container, with what the event says of it; null if something else happened.</param>
    /// <returns>False if it is not an event.</returns>
    internal bool TryParseEvent(ReadOnlyMemory<byte> json, out EngineAction action, out EngineContainer? container)
    {
        action = EngineAction.Other;
        container = null;
        _labels.Clear();
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            action = ActionOf(Member(root, "Action"u8));
            if (Member(root, "Type"u8) is { } type && !Is(type, "container"u8)) return true;
            JsonElement? actor = Member(root, "Actor"u8), attributes = actor is { } some ? Member(some, "Attributes"u8) : null;
            if (action == EngineAction.Other) return true;

            // The container's labels, with the daemon's own attributes among them (moby daemon/events.go).
            _labels.AddAll(attributes);
            string? name = Text(attributes, "name"u8);
            container = Make(Text(actor, "ID"u8) ?? Text(root, "id"u8), name, Text(attributes, "image"u8));
            if (container is not null && action is EngineAction.Present or EngineAction.Health) container = WithHealth(container, action, root, attributes);
            return container is not null && (action != EngineAction.Renamed || name is not null);
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }
    }

    private static EngineAction ActionOf(JsonElement? action) =>
        Is(action, "create"u8) || Is(action, "start"u8) ? EngineAction.Present
        : Is(action, "rename"u8) ? EngineAction.Renamed
        : Is(action, "destroy"u8) || Is(action, "remove"u8) ? EngineAction.Removed
        : action is { ValueKind: JsonValueKind.String } text && JsonMarshal.GetRawUtf8Value(text)[1..].StartsWith(HealthPrefix) ? EngineAction.Health
        : EngineAction.Other;

    /// <summary>"Up 5 minutes (healthy)", "(unhealthy)" and "(health: starting)" of the list (moby daemon/container/state.go, String).</summary>
    private static HealthStatus ListedHealth(string? status) =>
        status is null ? HealthStatus.None
        : status.EndsWith("(healthy)", StringComparison.Ordinal) ? HealthStatus.Healthy
        : status.EndsWith("(unhealthy)", StringComparison.Ordinal) ? HealthStatus.Unhealthy
        : status.EndsWith("(health: starting)", StringComparison.Ordinal) || status.EndsWith("(starting)", StringComparison.Ordinal) ? HealthStatus.Starting
        : HealthStatus.None;

    /// <summary>Adds the health from an event. After create and start events, no health is known.</summary>
    private static EngineContainer WithHealth(EngineContainer container, EngineAction action, JsonElement root, JsonElement? attributes)
    {
        if (action == EngineAction.Present) return container with { Health = HealthStatus.None };

        // Docker has the result in the action, podman in a member or an attribute of its own.
        string? status = Text(root, "Action"u8)?["health_status".Length..].TrimStart(':', ' ');
        if (string.IsNullOrEmpty(status)) status = Text(root, "HealthStatus"u8) ?? Text(attributes, "health_status"u8);
        HealthStatus? health = status switch
        {
            "healthy" => HealthStatus.Healthy,
            "unhealthy" => HealthStatus.Unhealthy,
            "starting" => HealthStatus.Starting,
            _ => null,
        };
        long timeNs = Member(root, "timeNano"u8) is { ValueKind: JsonValueKind.Number } time && time.TryGetInt64(out long ns) && ns > 0 ? ns : 0;
        return container with { Health = health, HealthTimeNs = timeNs };
    }

    /// <summary>A member that is there and not null.</summary>
    /// <exception cref="InvalidOperationException">The parent is not an object.</exception>
    private static JsonElement? Member(JsonElement? parent, ReadOnlySpan<byte> name) =>
        parent is { } some && some.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static bool Is(JsonElement? value, ReadOnlySpan<byte> text) => value is { ValueKind: JsonValueKind.String } some && some.ValueEquals(text);

    private static string? Text(JsonElement? parent, ReadOnlySpan<byte> name) => Text(Member(parent, name));

    /// <summary>A text; null for an empty one and for any other kind of value.</summary>
    /// <exception cref="JsonException">It is too long.</exception>
    /// <exception cref="InvalidOperationException">It is not UTF-8, or has half of a surrogate pair.</exception>
    private static string? Text(JsonElement? value)
    {
        if (value is not { ValueKind: JsonValueKind.String } text) return null;
        int length = JsonMarshal.GetRawUtf8Value(text).Length - 2;
        if (length > StateText.MaxBytes) throw new JsonException("a name is too long");
        return length == 0 ? null : text.GetString();
    }

    // A container linked to others (docker run --link) also has names like "/other/alias".
    private static string? OwnName(JsonElement? names)
    {
        string? own = null;
        foreach (JsonElement element in names?.EnumerateArray() ?? default)
        {
            if (Text(element) is { } name && (own is null || name.LastIndexOf('/') < own.LastIndexOf('/'))) own = name;
        }

        return own;
    }

    private EngineContainer? Make(string? id, string? name, string? image)
    {
        if (id is not { Length: <= MaxIdLength } || !id.All(char.IsAsciiHexDigit)) return null;
        if (name is ['/', ..]) name = name.Length == 1 ? null : name[1..];

        // Once an image's tag means another image, the list has the digest instead of the name that the container was made from.
        if (image?.StartsWith("sha256:", StringComparison.Ordinal) == true) image = null;
        return new EngineContainer(id, name, image, _labels.ToArray());
    }
}
