using System.Collections.Immutable;
using NsCollector.Discover;

namespace NsCollector.Encode.Selection;

/// <summary>Globs of one configuration key. Two lists are equal if they have the same texts in the same order.</summary>
internal sealed class GlobList : IEquatable<GlobList>
{
    private readonly Glob[] _globs;

    /// <param name="patterns">The texts of the globs.</param>
    internal GlobList(ImmutableArray<string> patterns)
    {
        Patterns = patterns;
        _globs = [.. patterns.Select(pattern => new Glob(pattern))];
    }

    /// <summary>No glob.</summary>
    internal static GlobList Empty { get; } = new([]);

    /// <summary>A list; null for no glob.</summary>
    internal static GlobList? Of(ImmutableArray<string> patterns) => patterns.IsEmpty ? null : new GlobList(patterns);

    /// <summary>The texts of the globs.</summary>
    internal ImmutableArray<string> Patterns { get; }

    /// <summary>Whether there is no glob.</summary>
    internal bool IsEmpty => _globs.Length == 0;

    /// <inheritdoc/>
    public bool Equals(GlobList? other) => other is not null && Patterns.SequenceEqual(other.Patterns, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GlobList);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (string pattern in Patterns) hash.Add(pattern, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Patterns);

    /// <summary>Whether a glob matches the whole text.</summary>
    internal bool Matches(string text)
    {
        foreach (Glob glob in _globs)
        {
            if (glob.Matches(text)) return true;
        }

        return false;
    }
}
