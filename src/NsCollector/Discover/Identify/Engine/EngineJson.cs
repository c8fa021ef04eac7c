using System.Text.Json;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// The objects of Docker's Engine API (api/swagger.yaml of moby: ContainerSummary, EventMessage), which podman answers as
/// well. Used by one thread.
/// </summary>
/// <param name="isWanted">Which labels are kept.</param>
internal sealed class EngineJson(Func<string, bool> isWanted)
{
    private const int MaxIdLength = 128;

    private readonly LabelSet _labels = new(isWanted);

    /// <summary>How many labels of what was read last were wanted and left out, for their length or number.</summary>
    internal int LabelsLeftOut => _labels.LeftOut;

    /// <summary>Reads one container of GET /containers/json.</summary>
    /// <returns>False where it is not one; nothing of it is believed then.</returns>
    internal bool TryReadListed(ReadOnlySpan<byte> json, out EngineContainer? container)
    {
        container = null;
        _labels.Clear();
        string? id = null, name = null, image = null;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isId = reader.ValueTextEquals("Id"u8);
                bool isNames = !isId && reader.ValueTextEquals("Names"u8);
                bool isImage = !isId && !isNames && reader.ValueTextEquals("Image"u8);
                bool isLabels = !isId && !isNames && !isImage && reader.ValueTextEquals("Labels"u8);
                reader.Read();
                if (isId) id = StateText.Read(ref reader);
                else if (isImage) image = StateText.Read(ref reader);
                if (isNames && reader.TokenType == JsonTokenType.StartArray) name = ReadNames(ref reader);
                else if (isLabels && reader.TokenType == JsonTokenType.StartObject) ReadLabels(ref reader);
                else if ((isNames || isLabels) && reader.TokenType != JsonTokenType.Null) return false;
                else StateText.PassOver(ref reader);
            }

            // Anything after the object makes the reader throw.
            reader.Read();
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }

        if (!IsId(id)) return false;
        container = new EngineContainer(id!, WithoutSlash(name), NotDigest(image), _labels.ToArray());
        return true;
    }

    /// <summary>Reads one event of GET /events.</summary>
    /// <returns>False where it is not one.</returns>
    internal bool TryReadEvent(ReadOnlySpan<byte> json, out EngineEvent happened)
    {
        happened = default;
        _labels.Clear();
        string? id = null, actor = null, name = null, image = null;
        EngineAction action = EngineAction.Other;
        bool isContainers = true;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isType = reader.ValueTextEquals("Type"u8);
                bool isAction = reader.ValueTextEquals("Action"u8);
                bool isId = reader.ValueTextEquals("id"u8);
                bool isActor = reader.ValueTextEquals("Actor"u8);
                reader.Read();
                if (isType) isContainers = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("container"u8);
                else if (isAction) action = ReadAction(ref reader);
                else if (isId) id = StateText.Read(ref reader);
                if (isActor && reader.TokenType == JsonTokenType.StartObject) ReadActor(ref reader, ref actor, ref name, ref image);
                else if (isActor) return false;
                else StateText.PassOver(ref reader);
            }

            reader.Read();
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }

        if (!isContainers || action == EngineAction.Other) return true;
        actor ??= id;
        if (!IsId(actor) || (action == EngineAction.Renamed && name is null)) return false;
        happened = new EngineEvent(action, new EngineContainer(actor!, WithoutSlash(name), NotDigest(image), _labels.ToArray()));
        return true;
    }

    private static EngineAction ReadAction(ref Utf8JsonReader reader) =>
        reader.TokenType != JsonTokenType.String ? EngineAction.Other
        : reader.ValueTextEquals("create"u8) || reader.ValueTextEquals("start"u8) ? EngineAction.Present
        : reader.ValueTextEquals("rename"u8) ? EngineAction.Renamed
        : reader.ValueTextEquals("destroy"u8) || reader.ValueTextEquals("remove"u8) ? EngineAction.Removed
        : EngineAction.Other;

    private void ReadActor(ref Utf8JsonReader reader, ref string? id, ref string? name, ref string? image)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = reader.ValueTextEquals("ID"u8);
            bool isAttributes = reader.ValueTextEquals("Attributes"u8);
            reader.Read();
            if (isId) id = StateText.Read(ref reader);
            if (isAttributes && reader.TokenType == JsonTokenType.StartObject) ReadAttributes(ref reader, ref name, ref image);
            else StateText.PassOver(ref reader);
        }
    }

    // The container's labels, and Docker's own attributes among them, which win (moby daemon/events.go).
    private void ReadAttributes(ref Utf8JsonReader reader, ref string? name, ref string? image)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isName = reader.ValueTextEquals("name"u8);
            bool isImage = reader.ValueTextEquals("image"u8);
            if (!isName && !isImage)
            {
                _labels.Read(ref reader);
            }
            else
            {
                reader.Read();
                if (isName) name = StateText.Read(ref reader);
                else image = StateText.Read(ref reader);
            }

            StateText.PassOver(ref reader);
        }
    }

    private void ReadLabels(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            _labels.Read(ref reader);
            StateText.PassOver(ref reader);
        }
    }

    // A container linked to others (docker run --link) has theirs too: "/other/alias".
    private static string? ReadNames(ref Utf8JsonReader reader)
    {
        string? name = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string? one = StateText.Read(ref reader);
            if (one is not null && (name is null || one.LastIndexOf('/') < name.LastIndexOf('/'))) name = one;
            StateText.PassOver(ref reader);
        }

        return name;
    }

    private static string? WithoutSlash(string? name) => name is ['/', ..] ? name.Length == 1 ? null : name[1..] : name;

    // Once an image's tag means another image, the list tells the digest instead of what the container was made from.
    private static string? NotDigest(string? image) => image is null || image.StartsWith("sha256:", StringComparison.Ordinal) ? null : image;

    private static bool IsId(string? id)
    {
        if (id is null || id.Length > MaxIdLength) return false;
        foreach (char c in id)
        {
            if (!char.IsAsciiHexDigit(c)) return false;
        }

        return true;
    }
}
