using System.Collections.Immutable;
using System.Text.Json;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>The labels of one container that are wanted, while its JSON is read.</summary>
/// <param name="isWanted">Whether a key is; those of Kubernetes always are.</param>
internal sealed class LabelSet(Func<string, bool> isWanted)
{
    /// <summary>The most labels of one container that are kept.</summary>
    internal const int MaxLabels = 64;

    /// <summary>The longest key that is looked at, in bytes as it stands in the answer.</summary>
    internal const int MaxKeyBytes = 255;

    /// <summary>How many characters of a value are kept; a tag takes fewer (docs/architecture.md, Line protocol).</summary>
    internal const int MaxValueLength = 2048;

    private readonly SortedDictionary<string, string> _labels = new(StringComparer.Ordinal);

    /// <summary>Begins with another container.</summary>
    internal void Clear() => _labels.Clear();

    /// <summary>Those that were found.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> ToArray() => _labels.Count == 0 ? [] : [.. _labels];

    /// <summary>Takes the label that the reader stands on the key of, and leaves it on its value.</summary>
    /// <exception cref="InvalidOperationException">It is not text.</exception>
    internal void Read(ref Utf8JsonReader reader)
    {
        string? key = null;
        if (reader.ValueSpan.Length is > 0 and <= MaxKeyBytes)
        {
            key = reader.GetString()!;
            if (IsDaemons(key) || !(key.StartsWith("io.kubernetes.", StringComparison.Ordinal) || isWanted(key))) key = null;
        }

        reader.Read();
        if (key is null || reader.TokenType != JsonTokenType.String || (_labels.Count >= MaxLabels && !_labels.ContainsKey(key))) return;
        string value = reader.GetString()!;
        if (value.Length > MaxValueLength) value = value[..(char.IsHighSurrogate(value[MaxValueLength - 1]) ? MaxValueLength - 1 : MaxValueLength)];
        _labels[key] = value;
    }

    // In the events that are followed these stand among the labels and are the daemon's own: Docker's, and with podman's the
    // last two (seen with 4.3.1). What an event cannot tell is not taken from a list either: it would come and go.
    private static bool IsDaemons(string key) => key is "name" or "image" or "oldName" or "containerExitCode" or "podId";
}
