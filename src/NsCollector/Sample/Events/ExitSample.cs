using NsCollector.Catalogue;
using NsCollector.Sample.Traffic;

namespace NsCollector.Sample.Events;

/// <summary>The readings of one exit. The object is reused; Encode reads it on the sampling thread before the next exit.</summary>
internal sealed class ExitSample
{
    private const int SignalBase = 128;

    /// <summary>When the container exited: nanoseconds since the epoch.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>The exit status and the totals; <see cref="Reading.ExitFinal"/> and <see cref="Reading.ExitNetworkFinal"/> are 1 or 0.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Exit);

    /// <summary>
    /// The exit code, or 128 and the signal that ended it, as shells and dockerd report it; null if the kernel reported neither.
    /// </summary>
    /// <param name="readings">The readings of an exit.</param>
    internal static long? StatusOf(ReadingSet readings) =>
        readings.TryGet(Reading.ExitCode, out long code) ? code : readings.TryGet(Reading.ExitSignal, out long signal) ? SignalBase + signal : null;

    /// <summary>The last counters of its network namespace: tcp and udp. Present only if the watch read them.</summary>
    public ReadingSet Protocols { get; } = ReadingSet.Of(SamplePart.Protocols);

    /// <summary>The connections of its network namespace since the last points of container_flow.</summary>
    public RowTable Flows { get; } = RowTable.Of(SamplePart.Flows);

    /// <summary>Whether any total of its cgroup was read after the exit; else all totals are those of the last sample.</summary>
    internal bool WasRead { get; set; }

    /// <summary>Sets the network totals.</summary>
    internal void SetNetwork(NetworkTotals totals, bool isFinal)
    {
        Readings.Set(Reading.ExitRxBytes, totals.RxBytes);
        Readings.Set(Reading.ExitTxBytes, totals.TxBytes);
        Readings.Set(Reading.ExitNetworkFinal, isFinal ? 1 : 0);
    }

    /// <summary>A copy that the next exit does not overwrite.</summary>
    internal ExitSample Copy()
    {
        var copy = new ExitSample { TimestampNs = TimestampNs, WasRead = WasRead };
        copy.Readings.SetAll(Readings);
        copy.Protocols.SetAll(Protocols);
        copy.Flows.CopyFrom(Flows);
        return copy;
    }
}
