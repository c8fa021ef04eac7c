using NsCollector.Discover;
using NsCollector.Sample.History;

namespace NsCollector.Sample.Latest;

/// <summary>The last samples of one container.</summary>
internal sealed class LatestContainer
{
    // Created when first needed: the third one only if a page is slow.
    private readonly ContainerSample?[] _samples = new ContainerSample?[LatestSamples.Slots];
    private readonly long[] _cycles = new long[LatestSamples.Slots];
    private int _last;
    private volatile bool _hasExited;

    // Null without Docker's API.
    private readonly DockerReadings?[]? _docker;

    /// <param name="container">The container.</param>
    /// <param name="keepsDocker">Whether <see cref="DockerOf"/> is kept.</param>
    internal LatestContainer(Container container, bool keepsDocker = false)
    {
        Container = container;
        if (keepsDocker) _docker = new DockerReadings?[LatestSamples.Slots];
    }

    /// <summary>The container, as discovery last published it.</summary>
    internal Container Container { get; set; }

    /// <summary>Whether it has exited, and no process was seen in its cgroup since.</summary>
    internal bool HasExited
    {
        get => _hasExited;
        set => _hasExited = value;
    }

    /// <summary>Its records in <see cref="SampleHistory"/>.</summary>
    internal HistoryChain History { get; } = new();

    /// <summary>The container's sample of a cycle.</summary>
    /// <param name="slot">The cycle's slot.</param>
    /// <param name="cycle">The cycle's number.</param>
    /// <returns>Null if it was not read in that cycle.</returns>
    internal ContainerSample? Of(int slot, long cycle) => Volatile.Read(ref _cycles[slot]) == cycle ? _samples[slot] : null;

    /// <summary>What Docker's API shows beside the sample of a cycle; null if it was not read in that cycle, or if that is not kept.</summary>
    internal DockerReadings? DockerOf(int slot, long cycle) => Volatile.Read(ref _cycles[slot]) == cycle ? _docker?[slot] : null;

    /// <summary>Copies its sample of a cycle. Readings that are not made in each cycle keep their last value.</summary>
    /// <returns>The copy.</returns>
    internal ContainerSample Set(int slot, long cycle, ContainerSample sample)
    {
        ContainerSample copy = _samples[slot] ??= new ContainerSample();
        copy.Update(sample, _samples[_last] ?? copy);
        if (_docker is not null)
        {
            DockerReadings docker = _docker[slot] ??= new DockerReadings();
            docker.Update(sample, _docker[_last] ?? docker);
        }

        Volatile.Write(ref _cycles[slot], cycle);
        _last = slot;
        return copy;
    }
}
