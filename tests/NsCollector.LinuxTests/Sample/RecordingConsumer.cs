using System.Collections.Concurrent;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Events;

namespace NsCollector.LinuxTests.Sample;

/// <summary>Keeps what a sampler hands over, in order, with the monotonic time of each.</summary>
internal sealed class RecordingConsumer : ISampleConsumer
{
    internal sealed record Entry(string What, long Key, IReadOnlyDictionary<Reading, long> Readings, long MonotonicNs);

    /// <summary>Is called with each sample.</summary>
    internal Action<ContainerSample>? OnSample { get; init; }

    internal ConcurrentQueue<Entry> Entries { get; } = new();

    /// <summary>Removes and returns what was handed over, such as <c>sample 2</c>, <c>flush</c>, <c>end</c>.</summary>
    internal string[] DequeueAll()
    {
        var names = new List<string>();
        while (Entries.TryDequeue(out Entry? entry)) names.Add(entry.Key > 0 ? $"{entry.What} {entry.Key}" : entry.What);
        return [.. names];
    }

    internal Entry Last(string what, long key) => Entries.Last(entry => entry.What == what && entry.Key == key);

    public void BeginCycle(ContainerList containers) => Add("cycle");

    public void BeginBirths(ContainerList containers) => Add("births");

    public void Accept(Container container, ContainerSample sample)
    {
        var readings = Of(sample.Scalars);
        foreach (Reading sum in (Reading[])[Reading.NetworkRxBytes, Reading.NetworkTxBytes])
        {
            if (sample.Interfaces.TrySum(sum, out long bytes, onlyOut: true)) readings.Add(sum, bytes);
        }

        foreach (Reading sum in (Reading[])[Reading.BlkioReadBytes, Reading.BlkioWriteBytes])
        {
            if (sample.Devices.TrySum(sum, out long bytes)) readings.Add(sum, bytes);
        }

        if (sample.Connections is { } connections)
        {
            foreach ((Reading reading, long value) in Of(connections)) readings.Add(reading, value);
        }

        OnSample?.Invoke(sample);
        Add("sample", container.Key, readings);
    }

    public void AcceptExit(Container container, ExitSample exit) => Add("exit", container.Key, Of(exit.Readings));

    public void AcceptStart(Container container, StartSample start) => Add("start", container.Key, Of(start.Readings));

    public void AcceptOom(Container container, OomSample oom) => Add("oom", container.Key, Of(oom.Readings));

    public void EndCycle(in CycleReport report) => Add("done");

    public void Flush(bool isEnd) => Add(isEnd ? "end" : "flush");

    private void Add(string what, long key = 0, Dictionary<Reading, long>? readings = null) =>
        Entries.Enqueue(new Entry(what, key, readings ?? [], SystemClock.MonotonicNs()));

    private static Dictionary<Reading, long> Of(ReadingSet set)
    {
        var readings = new Dictionary<Reading, long>();
        for (Reading reading = set.First; reading <= set.Last; reading++)
        {
            if (set.TryGet(reading, out long value)) readings.Add(reading, value);
        }

        return readings;
    }
}
