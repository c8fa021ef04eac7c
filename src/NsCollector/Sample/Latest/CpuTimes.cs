using NsCollector.Catalogue;

namespace NsCollector.Sample.Latest;

/// <summary>The CPU time of a container and of the host at one time, as dockerd reads them. Reused from cycle to cycle.</summary>
internal sealed class CpuTimes
{
    private long[] _cores = [];
    private int _coreCount;

    /// <summary>When the container was read: nanoseconds since the epoch; 0 if it was not.</summary>
    internal long TimestampNs { get; private set; }

    /// <summary>The container's usage and throttling, in nanoseconds. User and system time are in steps of a tick on cgroup v1.</summary>
    internal ReadingSet Readings { get; } = new(Reading.CpuUsageNs, Reading.CpuThrottledNs);

    /// <summary>Its usage by core, in nanoseconds; empty on cgroup v2.</summary>
    internal ReadOnlySpan<long> Cores => _cores.AsSpan(0, _coreCount);

    /// <summary>CPU time of the whole host without steal, in nanoseconds; 0 if not known.</summary>
    internal long HostNs { get; private set; }

    /// <summary>The number of processors that are online; 0 if not known.</summary>
    internal int HostCpus { get; private set; }

    /// <summary>Copies the readings of a sample.</summary>
    internal void CopyFrom(ContainerSample sample)
    {
        TimestampNs = sample.TimestampNs;
        HostNs = sample.HostCpuNs;
        HostCpus = sample.HostCpus;
        Readings.Clear();
        Copy(sample.Scalars, Reading.CpuUsageNs, Reading.CpuThrottledNs);
        Copy(sample.CpuTicks, Reading.CpuUserNs, Reading.CpuSystemNs);
        RowTable cores = sample.Cores.Count > 0 ? sample.Cores : sample.TelegrafCores;
        SetSize(cores.Count);
        for (int i = 0; i < cores.Count; i++) _cores[i] = cores[i].Readings.TryGet(Reading.CoreUsageNs, out long usage) ? usage : 0;
    }

    /// <summary>Makes it equal to another object.</summary>
    internal void CopyFrom(CpuTimes other)
    {
        TimestampNs = other.TimestampNs;
        HostNs = other.HostNs;
        HostCpus = other.HostCpus;
        Readings.CopyFrom(other.Readings);
        SetSize(other._coreCount);
        other.Cores.CopyTo(_cores);
    }

    private void SetSize(int cores)
    {
        if (_cores.Length < cores) _cores = new long[cores];
        _coreCount = cores;
    }

    private void Copy(ReadingSet from, Reading first, Reading last)
    {
        for (Reading reading = first; reading <= last; reading++)
        {
            if (from.TryGet(reading, out long value)) Readings.Set(reading, value);
        }
    }
}
