using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Serve.Docker;

/// <summary>
/// The parameter <c>filters</c> of Docker's API: <c>{"KEY":["VALUE"]}</c>, or with the keys of older clients <c>{"KEY":{"VALUE":true}}</c>
/// (moby api/types/filters).
/// </summary>
internal sealed class DockerFilters
{
    /// <summary>Maximum values of all keys together; a request's line is not longer than 8 kB, so that no more fit anyway.</summary>
    private const int MaxValues = 4096;

    /// <summary>Maximum length of a regular expression. A longer one matches only a name that is equal.</summary>
    private const int MaxPattern = 256;

    /// <summary>Maximum number of regular expressions in a request. Further values match only a name that is equal: an expression may take 5 ms for a name.</summary>
    private const int MaxPatterns = 8;

    // The metacharacters of .NET's regular expressions. A text without them matches where it occurs.
    private static readonly SearchValues<char> Metacharacters = SearchValues.Create("\\*+?|{[()^$.# \t\n\r\f\v");

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Regex?> _patterns = new(StringComparer.Ordinal);

    private DockerFilters()
    {
    }

    /// <summary>Parses the parameter of a request; without it, there are no filters.</summary>
    /// <param name="request">Hostile.</param>
    /// <param name="filters">The filters.</param>
    /// <returns>False if it is malformed.</returns>
    internal static bool TryParse(DockerRequest request, [NotNullWhen(true)] out DockerFilters? filters)
    {
        filters = new DockerFilters();
        string text = request.Query["filters"];
        if (text.Length == 0) return true;
        using JsonDocument? document = StateDocuments.Parse(Encoding.UTF8.GetBytes(text));
        if (document?.RootElement.ValueKind == JsonValueKind.Null) return true;
        if (document is null || document.RootElement.ValueKind != JsonValueKind.Object || !filters.TryAdd(document.RootElement)) filters = null;
        return filters is not null;
    }

    /// <summary>A key that is not in a list; null if all are.</summary>
    internal string? Unknown(FrozenSet<string> accepted) => _values.Keys.FirstOrDefault(key => !accepted.Contains(key));

    /// <summary>Whether a key has a value.</summary>
    internal bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>The values of a key.</summary>
    internal IReadOnlyList<string> Of(string key) => _values.TryGetValue(key, out List<string>? values) ? values : [];

    /// <summary>Whether one of the values of a key is accepted; true if the key has none.</summary>
    internal bool Accepts(string key, Func<string, bool> accepts) => !_values.TryGetValue(key, out List<string>? values) || values.Exists(value => accepts(value));

    /// <summary>Whether a text is one of the values of a key; true if the key has none.</summary>
    internal bool IsExactly(string key, string text) => !_values.TryGetValue(key, out List<string>? values) || values.Contains(text, StringComparer.Ordinal);

    /// <summary>Whether a text is a value of a key, or contains what one matches as a regular expression; true if the key has none.</summary>
    internal bool Matches(string key, string text) =>
        IsExactly(key, text) || _values[key].Exists(value => value.AsSpan().ContainsAny(Metacharacters) ? PatternOf(value)?.IsMatch(text) == true : text.Contains(value, StringComparison.Ordinal));

    /// <summary>Whether pairs have all of the values of a key, each <c>KEY</c> or <c>KEY=VALUE</c>; true if the key has none.</summary>
    internal bool HasAll(string key, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        if (!_values.TryGetValue(key, out List<string>? values)) return true;
        return values.TrueForAll(value =>
        {
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? value : value[..equals];
            return pairs.Any(pair => pair.Key == name && (equals < 0 || pair.Value.AsSpan().SequenceEqual(value.AsSpan(equals + 1))));
        });
    }

    private bool TryAdd(JsonElement filters)
    {
        int count = 0;
        foreach (JsonProperty filter in filters.EnumerateObject())
        {
            List<string> values = [];
            bool isFiltered = false;
            foreach (StateElement item in new StateElement(filter.Value).Items)
            {
                if (item.Text is not { } text) return false;
                values.Add(text);
            }

            foreach ((string text, StateElement value) in new StateElement(filter.Value).Members)
            {
                if (value.Json.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return false;
                isFiltered = true;

                // Nothing equals a value that is false (ExactMatch of moby).
                if (value.IsTrue) values.Add(text);
            }

            if (filter.Value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object or JsonValueKind.Null)) return false;
            count += values.Count;
            if (count > MaxValues) return false;
            if (isFiltered || values.Count > 0) _values[filter.Name] = values;
        }

        return true;
    }

    // Without backtracking: the time is linear in the length of the name, whatever the pattern.
    private Regex? PatternOf(string value)
    {
        if (_patterns.TryGetValue(value, out Regex? known)) return known;
        Regex? pattern = null;
        try
        {
            if (value.Length <= MaxPattern && _patterns.Count < MaxPatterns) pattern = new Regex(value, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // Docker ignores a value that is no regular expression too.
        }

        return _patterns[value] = pattern;
    }
}
