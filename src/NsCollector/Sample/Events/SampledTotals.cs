using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>
/// The totals of a container as last sampled: container_exit reports them if the final read does not have them. Kept apart
/// from the <see cref="ContainerSample"/>, which is cleared before a reading that finds the cgroup gone.
/// </summary>
internal sealed class SampledTotals
{
    /// <summary>From <see cref="Reading.ExitCpuUsageNs"/> to <see cref="Reading.ExitTxBytes"/>.</summary>
    internal ReadingSet Readings { get; } = new(Reading.ExitCpuUsageNs, Reading.ExitTxBytes);

    /// <summary>Updates the totals that a sample has; the others are kept.</summary>
    internal void Apply(ContainerSample sample)
    {
        ReadingSet scalars = sample.Scalars;
        foreach ((Reading from, Reading total) in SampleCopies.Exit.Scalars) Copy(scalars, from, total);
        foreach ((Reading from, Reading total) in SampleCopies.Exit.Devices)
        {
            if (sample.DeviceTotals.TryGet(from, out long sum)) Readings.Set(total, sum);
            else if (!sample.DeviceTotals.IsWhole) Readings.Remove(total);
        }
    }

    /// <summary>Sets what the interfaces that lead out have counted, in bytes.</summary>
    internal void SetNetwork(long rxBytes, long txBytes)
    {
        Readings.Set(Reading.ExitRxBytes, rxBytes);
        Readings.Set(Reading.ExitTxBytes, txBytes);
    }

    /// <summary>Removes the network totals: the container does not own its namespace, or no longer.</summary>
    internal void ForgetNetwork()
    {
        Readings.Remove(Reading.ExitRxBytes);
        Readings.Remove(Reading.ExitTxBytes);
    }

    private void Copy(ReadingSet from, Reading reading, Reading total)
    {
        if (from.TryGet(reading, out long value)) Readings.Set(total, value);
    }
}
