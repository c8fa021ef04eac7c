using NsCollector.Discover;

namespace NsCollector.Sample.Latest;

/// <summary>The last samples of one container.</summary>
internal sealed class LatestContainer
{
    private readonly ContainerSample[] _samples = [new(), new()];
    private readonly long[] _cycles = new long[2];
    private volatile bool _hasExited;

    internal LatestContainer(Container container) => Container = container;

    /// <summary>The container, as discovery last published it.</summary>
    internal Container Container { get; set; }

    /// <summary>Whether it has exited since.</summary>
    internal bool HasExited
    {
        get => _hasExited;
        set => _hasExited = value;
    }

    /// <summary>Its sample of a cycle.</summary>
    /// <param name="slot">The cycle's slot.</param>
    /// <param name="cycle">The cycle's number.</param>
    /// <returns>Null if it was not read in that cycle.</returns>
    internal ContainerSample? Of(int slot, long cycle) => _cycles[slot] == cycle ? _samples[slot] : null;

    /// <summary>Copies its sample of a cycle. What is read in some cycles only keeps its last value.</summary>
    internal void Set(int slot, long cycle, ContainerSample sample)
    {
        ContainerSample copy = _samples[slot], before = _samples[1 - slot];
        bool hasBefore = _cycles[1 - slot] > 0;
        copy.CopyFrom(sample);
        if (hasBefore) copy.Complete(before);
        _cycles[slot] = cycle;
    }
}
