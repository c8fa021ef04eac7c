namespace NsCollector.Discover.Watch;

/// <summary>
/// What the watch read of a container at an exit or OOM kill: the text of each file, by the file's index in the plan of the
/// watch, and its network counters. Immutable.
/// </summary>
internal sealed class WatchTexts
{
    private readonly byte[] _bytes;
    private readonly (int Offset, int Length)[] _texts;

    /// <summary>Nothing was read.</summary>
    public static WatchTexts None { get; } = new([], [], false, null);

    /// <param name="bytes">All texts.</param>
    /// <param name="texts">By file: the offset and length of its text, or -errno as the length.</param>
    /// <param name="isComplete">See <see cref="IsComplete"/>.</param>
    /// <param name="network">See <see cref="Network"/>.</param>
    public WatchTexts(byte[] bytes, (int Offset, int Length)[] texts, bool isComplete, FinalNetwork? network)
    {
        _bytes = bytes;
        _texts = texts;
        IsComplete = isComplete;
        Network = network;
    }

    /// <summary>Whether every cgroup of the container still existed when its files were read. A file that the kernel does not have does not count.</summary>
    public bool IsComplete { get; }

    /// <summary>Its network counters; null if none were read.</summary>
    public FinalNetwork? Network { get; }

    /// <summary>Whether a file was read.</summary>
    public bool Has(int file) => (uint)file < (uint)_texts.Length && _texts[file].Length > 0;

    /// <summary>The text of a file; empty if it was not read.</summary>
    public ReadOnlySpan<byte> this[int file] => Has(file) ? _bytes.AsSpan(_texts[file].Offset, _texts[file].Length) : default;

    /// <summary>-errno if reading a file failed; 0 if it was read or not requested.</summary>
    public int Error(int file) => (uint)file < (uint)_texts.Length ? Math.Min(_texts[file].Length, 0) : 0;
}
