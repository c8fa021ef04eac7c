using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Events;

namespace NsCollector.LinuxTests.Sample.Flows;

/// <summary>Sums up the points of container_flow over all cycles.</summary>
internal sealed class FlowTotals : ISampleConsumer
{
    internal sealed record Key(long Container, string Direction, string Remote, string Port);

    internal Dictionary<Key, Dictionary<Reading, long>> Points { get; } = [];

    internal Dictionary<long, ExitSample> Exits { get; } = [];

    /// <summary>The number of points of the last cycle.</summary>
    internal int LastRows { get; private set; }

    internal long this[Key key, Reading reading] => Points.TryGetValue(key, out Dictionary<Reading, long>? sums) ? sums.GetValueOrDefault(reading) : 0;

    internal long Sum(long container, Reading reading) => Points.Where(point => point.Key.Container == container).Sum(point => point.Value.GetValueOrDefault(reading));

    public void BeginCycle(ContainerList containers) => LastRows = 0;

    public void Accept(Container container, ContainerSample sample) => Add(container.Key, sample.Flows);

    public void AcceptExit(Container container, ExitSample exit)
    {
        Exits[container.Key] = exit.Copy();
        Add(container.Key, exit.Flows);
    }

    public void EndCycle(in CycleReport report)
    {
    }

    private void Add(long container, RowTable rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            LastRows++;
            var key = new Key(container, Encoding.ASCII.GetString(row.MoreKey(0)), Encoding.ASCII.GetString(row.Key), Encoding.ASCII.GetString(row.MoreKey(1)));
            if (!Points.TryGetValue(key, out Dictionary<Reading, long>? sums)) Points.Add(key, sums = []);
            for (Reading reading = row.Readings.First; reading <= row.Readings.Last; reading++)
            {
                if (row.Readings.TryGet(reading, out long value)) sums[reading] = sums.GetValueOrDefault(reading) + value;
            }
        }
    }
}
