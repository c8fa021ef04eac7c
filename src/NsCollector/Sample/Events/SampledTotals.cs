using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>
/// The totals of a container as they were last sampled: what its end is reported with where the last texts lack one. Kept
/// apart from the <see cref="ContainerSample"/>, which the reading that finds the cgroup gone has already cleared.
/// </summary>
/// <param name="options">The bounds past which rows are left out, and a sum over the others would be too low.</param>
internal sealed class SampledTotals(SampleOptions options)
{
    /// <summary>From <see cref="Reading.ExitCpuUsageNs"/> to <see cref="Reading.ExitTxBytes"/>.</summary>
    internal ReadingSet Readings { get; } = new(Reading.ExitCpuUsageNs, Reading.ExitTxBytes);

    /// <summary>Remembers what a sample has; what it lacks stays as it was.</summary>
    internal void Apply(ContainerSample sample)
    {
        ReadingSet scalars = sample.Scalars;
        foreach ((Reading from, Reading total) in SampleCopies.Exit.Scalars) Copy(scalars, from, total);
        foreach ((Reading from, Reading total) in SampleCopies.Exit.Devices) Sum(sample.Devices, options.MaxDevices, from, total);
        Sum(sample.Interfaces, options.MaxInterfaces, Reading.NetworkRxBytes, Reading.ExitRxBytes, "lo"u8);
        Sum(sample.Interfaces, options.MaxInterfaces, Reading.NetworkTxBytes, Reading.ExitTxBytes, "lo"u8);
    }

    /// <summary>Forgets the network's: the namespace is not, or no longer, this container's.</summary>
    internal void ForgetNetwork()
    {
        Readings.Remove(Reading.ExitRxBytes);
        Readings.Remove(Reading.ExitTxBytes);
    }

    private void Copy(ReadingSet from, Reading reading, Reading total)
    {
        if (from.TryGet(reading, out long value)) Readings.Set(total, value);
    }

    private void Sum(RowTable rows, int most, Reading reading, Reading total, ReadOnlySpan<byte> leaveOut = default)
    {
        if (rows.Count >= most) Readings.Remove(total);
        else if (rows.TrySum(reading, out long sum, leaveOut)) Readings.Set(total, sum);
    }
}
