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

    /// <summary>How many characters all of them may have, keys included: they are held for as long as the container lives. Further ones are left out.</summary>
    internal const int MaxTotalLength = 8192;

    private readonly SortedDictionary<string, string> _labels = new(StringComparer.Ordinal);
    private int _length;

    /// <summary>How many were wanted and left out, for their length or number.</summary>
    internal int LeftOut { get; private set; }

    /// <summary>Begins with another container.</summary>
    internal void Clear()
    {
        LeftOut = 0;
        _labels.Clear();
        _length = 0;
    }

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
        if (key is null || reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty) return;
        // As in a state file: what is longer than any name is left out rather than cut.
        string? value = reader.ValueSpan.Length > StateText.MaxBytes ? null : reader.GetString()!;
        if (value is null || _labels.Count >= MaxLabels || _length + key.Length + value.Length > MaxTotalLength)
        {
            LeftOut++;
            return;
        }

        if (!_labels.TryAdd(key, value)) return;
        _length += key.Length + value.Length;
    }

    // In the events that are followed these stand among the labels and are the daemon's own: Docker's, and with podman's the
    // last two (seen with 4.3.1). What an event cannot tell is not taken from a list either: it would come and go.
    private static bool IsDaemons(string key) => key is "name" or "image" or "oldName" or "containerExitCode" or "podId";
}
