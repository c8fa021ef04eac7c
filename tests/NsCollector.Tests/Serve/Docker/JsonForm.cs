using System.Text.Json;
using System.Text.Json.Nodes;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>The names of members and the kinds of values, without the values.</summary>
internal static class JsonForm
{
    /// <summary>The same value with the name of its kind in the place of each text, number and truth value.</summary>
    /// <param name="value">The value. Of a list without objects, one element of each form is kept.</param>
    internal static JsonNode? Of(JsonNode? value)
    {
        switch (value)
        {
            case null:
                return null;
            case JsonObject members:
                return new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Of(member.Value))));
            case JsonArray elements:
                JsonNode?[] forms = [.. elements.Select(Of)];
                return new JsonArray(forms.Any(form => form is JsonObject) ? forms : [.. forms.DistinctBy(form => form?.ToJsonString())]);
            default:
                JsonValueKind kind = value.GetValueKind();
                return JsonValue.Create(kind is JsonValueKind.True or JsonValueKind.False ? "Boolean" : kind.ToString());
        }
    }
}
