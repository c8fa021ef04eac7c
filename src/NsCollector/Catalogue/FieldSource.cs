using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>The source of a field on one version of cgroups: kernel keys that a parser looks for, or a text for docs/metrics.md.</summary>
internal sealed class FieldSource
{
    private readonly string _text;

    private FieldSource(string text, ImmutableArray<KernelKey> keys)
    {
        _text = text;
        Keys = keys;
    }

    /// <summary>The keys that parsers look for; empty if the field is computed.</summary>
    internal ImmutableArray<KernelKey> Keys { get; }

    /// <summary>A source as a text; no parser uses it. <c>-</c> if there is none.</summary>
    public static implicit operator FieldSource(string text) => new(text, []);

    /// <summary>The text for docs/metrics.md.</summary>
    public override string ToString() => _text;

    /// <summary>A file that holds one number.</summary>
    internal static FieldSource Number(string file) => new(file, [new(file, "", 1)]);

    /// <summary>One key of a file that holds several.</summary>
    /// <param name="file">The file, as the kernel names it.</param>
    /// <param name="key">The key, as the kernel writes it, preceded by the first word of its line if the file has such words.</param>
    /// <param name="factor">Multiplies the kernel's number to convert it to the field's unit.</param>
    /// <param name="shown">The text for docs/metrics.md; null for file and key.</param>
    internal static FieldSource Key(string file, string key, int factor = 1, string? shown = null) =>
        new(shown ?? (key.Length == 0 ? file : $"{file} {key}"), [new(file, key, factor)]);

    /// <summary>Adds a second part of the figure: the field is the sum of both.</summary>
    internal FieldSource Plus(FieldSource other) => new($"{this} + {other}", [.. Keys, .. other.Keys]);

    /// <summary>Adds a source for kernels without this one.</summary>
    internal FieldSource Else(FieldSource other) => new($"{this}, else {other}", [.. Keys, .. other.Keys]);
}
