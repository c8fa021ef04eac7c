using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Hardware;

namespace NsCollector.Encode.Prometheus;

/// <summary>What a page shows of the machine's hardware. Immutable; any thread may use it.</summary>
internal sealed class MachineSeries
{
    private readonly ReadingSet _cpu = ReadingSet.Of(SamplePart.HostCpu);
    private readonly ReadingSet _memory = ReadingSet.Of(SamplePart.HostMemory);

    /// <param name="hardware">The hardware.</param>
    /// <param name="form">Which families the page has, and the labels of the machine.</param>
    internal MachineSeries(MachineHardware hardware, PageForm form)
    {
        Families = [.. form.MachineFamilies.Select(family => (family.Head, family.LinesOf(hardware, form.MachineLabels))).Where(family => !family.Item2.IsEmpty)];
        Set(_cpu, Reading.HostCpuCount, hardware.ThreadCount);
        Set(_cpu, Reading.HostCpuPhysicalCores, hardware.CoreCount);
        Set(_cpu, Reading.HostCpuSockets, hardware.SocketCount);
        Set(_memory, Reading.HostMemoryTotalBytes, hardware.MemoryBytes);
        Set(_memory, Reading.HostMemorySwapTotalBytes, hardware.SwapBytes);
    }

    /// <summary>The families, each with the lines before its series and at least one series.</summary>
    internal ImmutableArray<(byte[] Head, ImmutableArray<byte[]> Lines)> Families { get; }

    /// <summary>The readings of a part of the host that are known without sampling it; null if none are.</summary>
    internal ReadingSet? SetOf(SamplePart part) => part switch
    {
        SamplePart.HostCpu => _cpu,
        SamplePart.HostMemory => _memory,
        _ => null,
    };

    private static void Set(ReadingSet set, Reading reading, long? value)
    {
        if (value is not null) set.Set(reading, value.Value);
    }
}
