using System.Collections.Immutable;
using System.Text.Json;
using NsCollector.Encode;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>A value of a runtime's JSON file. A member that does not exist, or is of another kind, is absent and not an error.</summary>
/// <param name="json">The value; of an undefined kind if there is none.</param>
internal readonly struct StateElement(JsonElement json)
{
    /// <summary>The value as it is in the file.</summary>
    internal JsonElement Json => json;

    /// <summary>Whether there is a value other than null.</summary>
    internal bool Exists => json.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>A member of an object. If a key is repeated, the last one counts, as in Go.</summary>
    internal StateElement this[string name] =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement member) ? new StateElement(member) : default;

    /// <summary>A string; null for anything else.</summary>
    internal string? Text => json.ValueKind == JsonValueKind.String ? json.GetString() : null;

    /// <summary>A string that is not empty; null for anything else.</summary>
    internal string? Word => Text is { Length: > 0 } text ? text : null;

    /// <summary>A whole number; null for anything else.</summary>
    internal long? Number => json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out long number) ? number : null;

    /// <summary>Whether it is <c>true</c>.</summary>
    internal bool IsTrue => json.ValueKind == JsonValueKind.True;

    /// <summary>The time of a string in Go's format, in nanoseconds since the epoch; 0 if it is none.</summary>
    internal long TimeNs => GoTime.Parse(Text);

    /// <summary>The elements of an array; empty for anything else.</summary>
    internal IEnumerable<StateElement> Items => json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().Select(item => new StateElement(item)) : [];

    /// <summary>The members of an object, in the order of the file; empty for anything else.</summary>
    internal IEnumerable<(string Key, StateElement Value)> Members =>
        json.ValueKind == JsonValueKind.Object ? json.EnumerateObject().Select(member => (member.Name, new StateElement(member.Value))) : [];

    /// <summary>The strings of an array.</summary>
    internal ImmutableArray<string> Texts => [.. Items.Select(item => item.Text).OfType<string>()];

    /// <summary>The members of an object that are strings. If a key is repeated, the last one counts.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Pairs
    {
        get
        {
            var pairs = new OrderedDictionary<string, string>(StringComparer.Ordinal);
            foreach ((string key, StateElement value) in Members)
            {
                if (value.Text is { } text) pairs[key] = text;
            }

            return [.. pairs];
        }
    }
}
