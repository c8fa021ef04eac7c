namespace NsCollector.Sample.Flows;

/// <summary>The part of a <see cref="FlowBuffer"/> that belongs to one namespace.</summary>
internal sealed class FlowList
{
    private readonly FlowSums[] _others = new FlowSums[3];

    /// <summary>The interval of the buffer that it belongs to; of another one, nothing is in it.</summary>
    internal long Generation { get; private set; }

    /// <summary>The index of its first entry; -1 if it has none.</summary>
    internal int First { get; set; } = -1;

    /// <summary>How many entries it has.</summary>
    internal int Count { get; set; }

    /// <summary>The sums of connections without an entry.</summary>
    internal ref FlowSums Other(FlowDirection direction) => ref _others[(int)direction];

    /// <summary>Removes what is left of an earlier interval.</summary>
    internal void Begin(long generation)
    {
        if (Generation == generation) return;
        Generation = generation;
        First = -1;
        Count = 0;
        Array.Clear(_others);
    }
}
