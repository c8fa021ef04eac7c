using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace NsCollector.Serve.Docker;

/// <summary>The parameter <c>filters</c>, in both forms that clients send: <c>{"type":{"container":true}}</c> and <c>{"type":["container"]}</c>.</summary>
internal sealed class DockerFilters
{
    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 4 };

    private readonly FrozenDictionary<string, ImmutableArray<string>> _values;

    private DockerFilters(Dictionary<string, ImmutableArray<string>> values) => _values = values.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The keys that have a value.</summary>
    internal IEnumerable<string> Keys => _values.Keys;

    /// <summary>The values of a key; empty if it is not filtered by.</summary>
    internal ImmutableArray<string> this[string key] => _values.TryGetValue(key, out ImmutableArray<string> values) ? values : [];

    /// <summary>Whether a key is not filtered by, or one of its values is accepted.</summary>
    internal bool Accepts(string key, Func<string, bool> accepts) => this[key] is not { IsEmpty: false } values || values.Any(accepts);

    /// <summary>Parses the parameter of a request; without it, nothing is filtered by.</summary>
    /// <returns>False if it is malformed.</returns>
    internal static bool TryParse(DockerRequest request, [NotNullWhen(true)] out DockerFilters? filters)
    {
        filters = null;
        var values = new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal);
        string text = request.Query.GetValueOrDefault("filters", "");
        try
        {
            if (text.Length > 0)
            {
                using JsonDocument document = JsonDocument.Parse(text, Json);
                foreach (JsonProperty property in document.RootElement.EnumerateObject())
                {
                    if (ValuesOf(property.Value) is not { } found) return false;
                    if (!found.IsEmpty) values[property.Name] = found;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }

        filters = new DockerFilters(values);
        return true;
    }

    private static ImmutableArray<string>? ValuesOf(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return [.. element.EnumerateObject().Where(value => value.Value.ValueKind == JsonValueKind.True).Select(value => value.Name)];
            case JsonValueKind.Array when element.EnumerateArray().All(value => value.ValueKind == JsonValueKind.String):
                return [.. element.EnumerateArray().Select(value => value.GetString()!)];
            default:
                return null;
        }
    }
}
