namespace NsCollector.DocGen.Completions;

/// <summary>The kind of a value, which decides what a shell offers.</summary>
internal enum ValueKind
{
    /// <summary>No value.</summary>
    None,

    /// <summary>Free text, for which a shell has no candidates.</summary>
    Free,

    /// <summary>A file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>One of a few words.</summary>
    Word,

    /// <summary>A configuration key with its section and value.</summary>
    Setting,
}
