using System.Text.Json;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>The error in a JSON body, in the form of each version.</summary>
internal sealed class ErrorBody
{
    private ErrorBody()
    {
    }

    /// <summary>The error (versions 1 and 3: <c>error</c>, a query's <c>results[].error</c>; version 2: <c>message</c>); null if there is none.</summary>
    internal string? Message { get; private set; }

    /// <summary>Version 3: the lines in <c>data</c>, by number from 1, with their errors.</summary>
    internal List<(long Number, string Message)> Lines { get; } = [];

    /// <summary>Version 3: whether <c>data</c> is a list: then the other lines were stored.</summary>
    internal bool IsList { get; private set; }

    /// <summary>Parses a body.</summary>
    /// <returns>The error, or null if the text is not complete JSON.</returns>
    internal static ErrorBody? TryRead(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 16 });
            ErrorBody body = new();
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return body;
            body.Message = Text(root, "error") ?? ResultError(root);
            // Some servers send a message with success; an error of version 2 also has a code.
            if (body.Message is null && root.TryGetProperty("code", out _)) body.Message = Text(root, "message");
            if (root.TryGetProperty("data", out JsonElement data)) body.ReadLines(data);
            return body;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // An "error" that is not a string is still an error.
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
