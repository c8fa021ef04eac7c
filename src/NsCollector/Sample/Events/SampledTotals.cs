using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>
/// The totals of a container as last sampled: container_exit reports them if the final read does not have them. Kept apart
/// from the <see cref="ContainerSample"/>, which is cleared before a reading that finds the cgroup gone.
/// </summary>
/// <param name="options">The limits on rows: at the limit a row may be missing, and the sum would be too low.</param>
internal sealed class SampledTotals(SampleOptions options)
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

        Sum(sample.Interfaces, options.MaxInterfaces, Reading.NetworkRxBytes, Reading.ExitRxBytes, "lo"u8);
        Sum(sample.Interfaces, options.MaxInterfaces, Reading.NetworkTxBytes, Reading.ExitTxBytes, "lo"u8);
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

    private void Sum(RowTable rows, int maxRows, Reading reading, Reading total, ReadOnlySpan<byte> excluded = default)
    {
        if (rows.Count >= maxRows) Readings.Remove(total);
        else if (rows.TrySum(reading, out long sum, excluded)) Readings.Set(total, sum);
    }
}
