using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>The wanted labels of one container, while its JSON is parsed.</summary>
/// <param name="isWanted">Whether a key is wanted; those of Kubernetes always are.</param>
internal sealed class LabelSet(Func<string, bool> isWanted)
{
    /// <summary>The most labels that are kept of one container.</summary>
    internal const int MaxLabels = 64;

    /// <summary>The longest key that is considered, in characters.</summary>
    internal const int MaxKeyLength = 255;

    /// <summary>The most characters of all labels, including keys: they stay in memory for the container's life.</summary>
    internal const int MaxTotalLength = 8192;

    private readonly SortedDictionary<string, string> _labels = new(StringComparer.Ordinal);
    private int _length;

    /// <summary>How many wanted labels were left out because of their length or number.</summary>
    internal int LeftOut { get; private set; }

    /// <summary>Prepares for the next container.</summary>
    internal void Clear()
    {
        LeftOut = 0;
        _labels.Clear();
        _length = 0;
    }

    /// <summary>The labels, ordered by key.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> ToArray() => _labels.Count == 0 ? [] : [.. _labels];

    /// <summary>Adds the members of an object whose keys are wanted.</summary>
    /// <exception cref="InvalidOperationException">It is not an object, or a label is not UTF-8.</exception>
    internal void AddAll(JsonElement? labels)
    {
        foreach (JsonProperty label in labels?.EnumerateObject() ?? default)
        {
            string key = label.Name;
            if (key.Length is 0 or > MaxKeyLength || IsDaemons(key)) continue;
            if (key.StartsWith("io.kubernetes.", StringComparison.Ordinal) || isWanted(key)) Add(key, label.Value);
        }
    }

    private void Add(string key, JsonElement text)
    {
        if (text.ValueKind != JsonValueKind.String) return;
        int length = JsonMarshal.GetRawUtf8Value(text).Length - 2;
        if (length == 0) return;

        // As in a state file: what is longer than any name is left out rather than cut.
        string? value = length > StateText.MaxBytes ? null : text.GetString()!;
        if (value is null || _labels.Count >= MaxLabels || _length + key.Length + value.Length > MaxTotalLength) LeftOut++;
        else if (_labels.TryAdd(key, value)) _length += key.Length + value.Length;
    }

    // Events have these attributes of the daemon among the labels: Docker's, and podman's last two (observed with 4.3.1). A
    // label that events cannot show is not used from a list either: it would come and go.
    private static bool IsDaemons(string key) => key is "name" or "image" or "oldName" or "containerExitCode" or "podId";
}
