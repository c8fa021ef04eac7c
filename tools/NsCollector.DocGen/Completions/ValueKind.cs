namespace NsCollector.DocGen.Completions;

/// <summary>What a shell can offer for a value.</summary>
internal enum ValueKind
{
    /// <summary>There is no value.</summary>
    None,

    /// <summary>A text that nobody but the user knows.</summary>
    Free,

    /// <summary>A file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>One of a few words.</summary>
    Word,

    /// <summary>A key of the configuration, with its section in front and its value behind.</summary>
    Setting,
}
