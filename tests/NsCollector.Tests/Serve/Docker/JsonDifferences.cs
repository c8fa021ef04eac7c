using System.Text.Json.Nodes;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>Compares two JSON values. The order of members does not matter.</summary>
internal static class JsonDifferences
{
    /// <summary>The paths at which values differ, with both values.</summary>
    internal static IEnumerable<string> Of(JsonNode? expected, JsonNode? actual, string path = "")
    {
        if (expected is JsonObject left && actual is JsonObject right)
            return left.Select(member => member.Key).Union(right.Select(member => member.Key)).SelectMany(key => Members(left, right, key, $"{path}.{key}"));
        if (expected is JsonArray ours && actual is JsonArray theirs && ours.Count == theirs.Count)
        {
            // dockerd makes these from maps, whose order is random.
            bool isOrdered = !path.EndsWith(".Ports", StringComparison.Ordinal) && !path.EndsWith(".Mounts", StringComparison.Ordinal);
            JsonNode?[] ordered = isOrdered ? [.. ours] : [.. ours.OrderBy(Canonical, StringComparer.Ordinal)], others = isOrdered ? [.. theirs] : [.. theirs.OrderBy(Canonical, StringComparer.Ordinal)];
            return Enumerable.Range(0, ours.Count).SelectMany(index => Of(ordered[index], others[index], $"{path}[{index}]"));
        }

        return JsonNode.DeepEquals(expected, actual) ? [] : [$"{path}: {Text(expected)} -> {Text(actual)}"];
    }

    private static IEnumerable<string> Members(JsonObject expected, JsonObject actual, string key, string path)
    {
        if (!actual.ContainsKey(key)) return [$"{path}: {Text(expected[key])} -> absent"];
        return expected.ContainsKey(key) ? Of(expected[key], actual[key], path) : [$"{path}: absent -> {Text(actual[key])}"];
    }

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";

    private static string Canonical(JsonNode? node) =>
        node is JsonObject members ? string.Join(',', members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => member.Key + "=" + Text(member.Value))) : Text(node);
}
