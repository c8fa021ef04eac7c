namespace NsCollector.Discover.Watch;

/// <summary>
/// What the watch read of a container at an exit or OOM kill: the text of each file, by the file's index in the plan of the
/// watch, and the sums of its network counters. Immutable.
/// </summary>
internal sealed class LastTexts
{
    private readonly byte[] _bytes;
    private readonly (int Offset, int Length)[] _texts;

    /// <summary>Nothing was read.</summary>
    public static LastTexts None { get; } = new([], [], false, null);

    /// <param name="bytes">All texts.</param>
    /// <param name="texts">By the index of the file: where its text begins and how long it is, or -errno as the length.</param>
    /// <param name="isComplete">Whether no file failed because its cgroup was gone.</param>
    /// <param name="network">Bytes received and sent, over all interfaces but lo, as the container sees them; null where they were not read.</param>
    public LastTexts(byte[] bytes, (int Offset, int Length)[] texts, bool isComplete, (long RxBytes, long TxBytes)? network)
    {
        _bytes = bytes;
        _texts = texts;
        IsComplete = isComplete;
        Network = network;
    }

    /// <summary>Whether every hierarchy that had the container still had it when it was read. A file that the kernel does not offer takes nothing from it.</summary>
    public bool IsComplete { get; }

    /// <summary>Bytes received and sent, over all interfaces but lo, as the container sees them; null where they were not read.</summary>
    public (long RxBytes, long TxBytes)? Network { get; }

    /// <summary>Whether a file was read.</summary>
    public bool Has(int file) => (uint)file < (uint)_texts.Length && _texts[file].Length > 0;

    /// <summary>The text of a file; empty where it was not read.</summary>
    public ReadOnlySpan<byte> this[int file] => Has(file) ? _bytes.AsSpan(_texts[file].Offset, _texts[file].Length) : default;

    /// <summary>Why a file was not read: -errno; 0 where it was, and where it was not asked for.</summary>
    public int Error(int file) => (uint)file < (uint)_texts.Length ? Math.Min(_texts[file].Length, 0) : 0;
}
