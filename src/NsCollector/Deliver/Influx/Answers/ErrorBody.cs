using System.Text.Json;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>What a body of JSON says: each version's way to put an error.</summary>
internal sealed class ErrorBody
{
    private ErrorBody()
    {
    }

    /// <summary>The error (versions 1 and 3: <c>error</c>, a query's <c>results[].error</c>; version 2: <c>message</c>); null where there is none.</summary>
    internal string? Message { get; private set; }

    /// <summary>Version 3: the lines in <c>data</c>, by number from 1, with what is wrong in them.</summary>
    internal List<(long Number, string Message)> Lines { get; } = [];

    /// <summary>Version 3: whether <c>data</c> is a list, as it is where the other lines were stored.</summary>
    internal bool IsList { get; private set; }

    /// <summary>Reads one.</summary>
    /// <returns>What it says, or null where the text is not whole JSON.</returns>
    internal static ErrorBody? TryRead(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 16 });
            ErrorBody body = new();
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return body;
            body.Message = Text(root, "error") ?? ResultError(root);
            // Success has a message in some servers' words; version 2's error has a code beside it.
            if (body.Message is null && root.TryGetProperty("code", out _)) body.Message = Text(root, "message");
            if (root.TryGetProperty("data", out JsonElement data)) body.ReadLines(data);
            return body;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // "error" with anything else than a text in it is an error still.
    private static string? Text(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out JsonElement value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
            JsonValueKind.Null or JsonValueKind.False => null,
            _ => value.GetRawText(),
        };
    }

    private static string? ResultError(JsonElement root)
    {
        if (!root.TryGetProperty("results", out JsonElement results) || results.ValueKind != JsonValueKind.Array) return null;
        foreach (JsonElement result in results.EnumerateArray())
            if (result.ValueKind == JsonValueKind.Object && Text(result, "error") is { } error) return error;
        return null;
    }

    private void ReadLines(JsonElement data)
    {
        IsList = data.ValueKind == JsonValueKind.Array;
        if (data.ValueKind == JsonValueKind.Object) ReadLine(data);
        if (!IsList) return;
        foreach (JsonElement line in data.EnumerateArray())
            if (line.ValueKind == JsonValueKind.Object) ReadLine(line);
    }

    private void ReadLine(JsonElement line)
    {
        long number = line.TryGetProperty("line_number", out JsonElement at) && at.ValueKind == JsonValueKind.Number && at.TryGetInt64(out long told) ? told : 0;
        Lines.Add((number, Text(line, "error_message") ?? "no reason given"));
    }
}
