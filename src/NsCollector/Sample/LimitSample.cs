using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>container_limits of one container: filled in the cycles in which its limits are read, else empty. Reused.</summary>
internal sealed class LimitSample
{
    /// <summary>Maximum length of a reported list, in bytes.</summary>
    internal const int MaxListBytes = 1024;

    /// <summary>Whether the limits were read in this cycle.</summary>
    public bool WasRead { get; internal set; }

    /// <summary>The readings that a container has once.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Limits);

    /// <summary>A row for each block device with a limit, a weight or a target.</summary>
    public RowTable Devices { get; } = RowTable.Of(SamplePart.LimitDevices);

    /// <summary>A row for each page size with a limit.</summary>
    public RowTable Hugetlb { get; } = RowTable.Of(SamplePart.LimitHugetlb);

    /// <summary>CPUs that are set: digits, commas and dashes.</summary>
    public BoundedText CpusetCpus { get; } = new(MaxListBytes);

    /// <summary>Memory nodes that are set, in the same form.</summary>
    public BoundedText CpusetMems { get; } = new(MaxListBytes);

    /// <summary>CPUs that may be used, in the same form.</summary>
    public BoundedText CpusetCpusEffective { get; } = new(MaxListBytes);

    /// <summary>Memory nodes that may be used, in the same form.</summary>
    public BoundedText CpusetMemsEffective { get; } = new(MaxListBytes);

    /// <summary>Number of readings left out because the kernel's number is not possible.</summary>
    internal int ImpossibleCount => Readings.ImpossibleCount + Devices.ImpossibleCount + Hugetlb.ImpossibleCount;

    /// <summary>Sets a limit. Of the container's own cgroup and its payload, the lower limit applies.</summary>
    internal void SetLimit(Reading reading, ulong value)
    {
        if (!Readings.TryGet(reading, out long other) || value < (ulong)other) Readings.SetUnsigned(reading, value);
    }

    /// <summary>Copies the readings of another sample, without the lists; those of an earlier one if the limits were not read in this cycle.</summary>
    /// <param name="other">The sample.</param>
    /// <param name="before">The earlier one; null for none. May be this object.</param>
    internal void Update(LimitSample other, LimitSample? before)
    {
        LimitSample? source = other.WasRead ? other : before;
        if (source is null || source == this) return;
        Readings.CopyFrom(source.Readings);
        Devices.CopyFrom(source.Devices);
        Hugetlb.CopyFrom(source.Hugetlb);
    }

    /// <summary>Removes all readings and keeps the memory.</summary>
    internal void Clear()
    {
        WasRead = false;
        Readings.Clear();
        Devices.Clear();
        Hugetlb.Clear();
        CpusetCpus.Clear();
        CpusetMems.Clear();
        CpusetCpusEffective.Clear();
        CpusetMemsEffective.Clear();
    }
}
