using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// Counts the host's containers by runtime and state: from the newest census if their runtime has state files, the others from their
/// cgroups. For the sampling thread; allocates nothing.
/// </summary>
/// <param name="source">Provides the census.</param>
/// <param name="containers">The containers of the current list, as last sampled.</param>
internal sealed class ContainerStateReader(IContainerSource source, SampledContainers containers)
{
    private static readonly byte[][] Runtimes = [.. Enum.GetNames<ContainerRuntime>().Select(NameBytes)];

    // The further tags of a row, by state.
    private static readonly byte[][][] States = [.. Enum.GetNames<RunState>().Select(name => new[] { NameBytes(name) })];

    private readonly HostSample _sample = new();
    private readonly long[] _counts = new long[Runtimes.Length * States.Length];
    private readonly bool[] _isKnown = new bool[Runtimes.Length * States.Length];
    private readonly bool[] _hasCensus = new bool[Runtimes.Length];
    private ContainerCensus? _census;

    /// <summary>Counts after each census.</summary>
    /// <returns>The counts, valid until the next call; null if there is no new census.</returns>
    internal HostSample? ReadIfNew()
    {
        if (source.Census is not { } census || ReferenceEquals(census, _census)) return null;
        _census = census;
        Array.Clear(_counts);
        Array.Clear(_hasCensus);
        foreach (CensusRow row in census.Rows)
        {
            _hasCensus[(int)row.Runtime] = true;
            Add(row.Runtime, row.State, row.Containers);
        }

        for (int runtime = 0; runtime < Runtimes.Length; runtime++)
        {
            if (census.ExcludedOf((ContainerRuntime)runtime) is > 0 and int excluded) AddLive((ContainerRuntime)runtime, RunState.Running, excluded);
            else if (_hasCensus[runtime]) AddLive((ContainerRuntime)runtime, RunState.Running, 0);
        }

        foreach (SampledContainer container in containers.All) Add(container, census);
        return ToSample();
    }

    private void Add(SampledContainer container, ContainerCensus census)
    {
        ContainerIdentity identity = container.Container.Identity;
        if (container.HasVanished || container.HasExited || census.Includes(identity.Runtime, identity.Id)) return;
        switch (container.Sample.State)
        {
            case ContainerState.Running: AddLive(identity.Runtime, RunState.Running, 1); break;
            case ContainerState.Paused: AddLive(identity.Runtime, RunState.Paused, 1); break;

            // The runtime has state files of stopped containers.
            case ContainerState.Empty when !_hasCensus[(int)identity.Runtime]: AddLive(identity.Runtime, RunState.Empty, 1); break;
        }
    }

    /// <summary>Adds containers in a state that the kernel reports. The other states that it reports are then known too.</summary>
    private void AddLive(ContainerRuntime runtime, RunState state, long containers)
    {
        Add(runtime, RunState.Running, 0);
        Add(runtime, RunState.Paused, 0);
        if (!_hasCensus[(int)runtime]) Add(runtime, RunState.Empty, 0);
        Add(runtime, state, containers);
    }

    private void Add(ContainerRuntime runtime, RunState state, long containers)
    {
        int index = ((int)runtime * States.Length) + (int)state;
        _counts[index] += containers;
        _isKnown[index] = true;
    }

    // A state that was known once is always written, because the end of a series does not mean that there are no such containers.
    private HostSample ToSample()
    {
        _sample.Clear();
        _sample.TimestampNs = SystemClock.RealtimeNs();
        for (int i = 0; i < _counts.Length; i++)
        {
            if (!_isKnown[i]) continue;
            Row row = _sample.ContainerStates.Add(Runtimes[i / States.Length]);
            row.SetMoreKeys(States[i % States.Length]);
            row.Readings.Set(Reading.StateContainers, _counts[i]);
        }

        return _sample;
    }

    private static byte[] NameBytes(string name) => Encoding.ASCII.GetBytes(name.ToLowerInvariant());
}
