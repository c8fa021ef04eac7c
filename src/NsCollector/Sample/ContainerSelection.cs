using NsCollector.Sample.Threads;

namespace NsCollector.Sample;

/// <summary>Selects the containers that are read next: those of one part of a cycle, or the new ones. For the sampling thread.</summary>
/// <param name="containers">The list in force.</param>
/// <param name="options">Whether cycles are spread, and their interval.</param>
internal sealed class ContainerSelection(SampledContainers containers, SampleOptions options)
{
    /// <summary>Minimum time from one part of a spread cycle to the next.</summary>
    private const long MinPartNs = 50_000_000;

    private int[] _indexes = [];

    /// <summary>The indexes of the selected containers in the list in force: the first <see cref="Count"/>.</summary>
    internal int[] Indexes => _indexes;

    /// <summary>How many are selected.</summary>
    internal int Count { get; private set; }

    /// <summary>
    /// Into how many parts the next cycle is divided: one, unless cycles are spread over the interval. A part is at least
    /// <see cref="MinPartNs"/> long and, on average, has a whole group of containers.
    /// </summary>
    /// <param name="expected">How many containers the next cycle will have.</param>
    internal int Parts(int expected)
    {
        if (!options.Spread) return 1;
        long groups = (expected + ContainerGroup.Size - 1) / ContainerGroup.Size;
        return (int)Math.Max(1, Math.Min((long)options.Interval.TotalNanoseconds / MinPartNs, groups));
    }

    /// <summary>Selects the containers of one part of a cycle. A container is always in the same part, by its key.</summary>
    internal void SelectPart(int part, int parts)
    {
        Begin();
        for (int i = 0; i < containers.Count; i++)
        {
            if (parts == 1 || (int)(Pace.Spread(containers[i].Container.Key) * parts) == part) _indexes[Count++] = i;
        }
    }

    /// <summary>Selects the containers that wait for their first reading.</summary>
    internal void SelectNewborn()
    {
        Begin();
        for (int i = 0; i < containers.Count; i++)
        {
            if (containers[i].IsNewborn) _indexes[Count++] = i;
        }
    }

    private void Begin()
    {
        Count = 0;
        if (_indexes.Length < containers.Count) _indexes = new int[containers.Count + (containers.Count / 4)];
    }
}
