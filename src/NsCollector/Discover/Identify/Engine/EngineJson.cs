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
        : EngineAction.Other;

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
