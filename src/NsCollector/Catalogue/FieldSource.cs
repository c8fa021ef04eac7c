using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>Where a field comes from on one version of cgroups: kernel keys that a parser looks for, or words for the documents only.</summary>
internal sealed class FieldSource
{
    private readonly string _text;

    private FieldSource(string text, ImmutableArray<KernelKey> keys)
    {
        _text = text;
        Keys = keys;
    }

    /// <summary>What parsers look for; empty if the field is computed.</summary>
    internal ImmutableArray<KernelKey> Keys { get; }

    /// <summary>A source in words: nothing is parsed by it. <c>-</c> if there is none.</summary>
    public static implicit operator FieldSource(string text) => new(text, []);

    /// <summary>As docs/metrics.md shows it.</summary>
    public override string ToString() => _text;

    /// <summary>A file that holds one number.</summary>
    internal static FieldSource Number(string file) => new(file, [new(file, "", 1)]);

    /// <summary>One key of a file that holds several.</summary>
    /// <param name="file">The file, as the kernel names it.</param>
    /// <param name="key">The key, as the kernel writes it; with the word that begins its line, if the file has such words.</param>
    /// <param name="factor">What the kernel's number is multiplied by to be in the field's unit.</param>
    /// <param name="shown">For docs/metrics.md; null for the file and the key.</param>
    internal static FieldSource Key(string file, string key, int factor = 1, string? shown = null) =>
        new(shown ?? (key.Length == 0 ? file : $"{file} {key}"), [new(file, key, factor)]);

    /// <summary>Another source, for a kernel that lacks this one.</summary>
    internal FieldSource Else(FieldSource other) => new($"{this}, else {other}", [.. Keys, .. other.Keys]);
}
