using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The limits that the kernel enforces on a container, by the samples of the last cycle, in Docker's units.</summary>
internal static class SampledLimits
{
    /// <summary>Reads the limits of a container.</summary>
    /// <param name="samples">The samples of the last cycle.</param>
    /// <param name="container">The container; null if it has no process.</param>
    /// <returns>Null if it was not sampled.</returns>
    internal static ResourceLimits? Of(LatestSamples samples, Container? container)
    {
        if (container is null) return null;
        LatestCycle cycle = samples.Acquire();
        try
        {
            return cycle.Find(container.Key) is { } latest && cycle.SampleOf(latest) is { } sample ? Of(sample) : null;
        }
        finally
        {
            samples.Release(cycle);
        }
    }

    private static ResourceLimits Of(ContainerSample sample) => new()
    {
        Memory = Read(sample.Scalars, Reading.MemoryLimitBytes),
        CpuQuota = Read(sample.Scalars, Reading.CpuQuotaUs),
        CpuPeriod = Read(sample.Scalars, Reading.CpuPeriodUs),
        CpuShares = sample.HasCpuWeight ? null : Read(sample.Scalars, Reading.CpuWeight),
        PidsLimit = Read(sample.Scalars, Reading.PidsLimit),
    };

    private static long? Read(ReadingSet readings, Reading reading) => readings.TryGet(reading, out long value) ? value : null;
}
